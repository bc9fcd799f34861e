import { setTimeout as delay } from "node:timers/promises";
import { listResources } from "./listing.ts";
import { placesIn } from "./places.ts";
import { releaseOne } from "./release.ts";

/**
 * The program that gives back what was kept: `reaper HOME RUN NODE`, once the time has come. What was kept for longer
 * meanwhile stays. A failure is tried again for an hour; after that the next sweep does it.
 */
const [home = "", run = "", node = ""] = process.argv.slice(2);
const places = placesIn(home);
const pauseMs = 60_000;

for (let tries = 0; tries < 60; tries++) {
  try {
    // Because a server goes with its group, leases come last: whoever ends one gives back all that it names.
    const found = [...(await listResources(places, { run, node }))];
    const due = found.filter((one) => Date.parse(one.expiresAt) <= Date.now());
    for (const one of due) await releaseOne(places, one, AbortSignal.timeout(120_000));
    break;
  } catch {
    await delay(pauseMs);
  }
}
