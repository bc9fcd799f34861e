import { listResources } from "../../infra/providers/local/listing.ts";
import { placesIn } from "../../infra/providers/local/places.ts";
import { releaseOne } from "../../infra/providers/local/release.ts";

/** `machines-guard.ts HOME RUN`: gives back all that a run of fakes holds, until nothing more shows up. */
const [home = "", run = ""] = process.argv.slice(2);
const places = placesIn(home);

for (let tries = 0; tries < 60; tries++) {
  const held = await listResources(places, { run });
  if (held.length === 0) break;
  for (const one of held) await releaseOne(places, one, AbortSignal.timeout(60_000)).catch(() => {});
}
