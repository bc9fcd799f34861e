import type { Provider } from "../../infra/providers/provider.ts";
import packageJson from "../../package.json" with { type: "json" };
import { makeCertificate } from "../../reports/certificate.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { collectResults } from "../../reports/collect.ts";
import { installedPackages } from "../../reports/installed.ts";
import { keptTexts } from "../../reports/kept-texts.ts";
import { logTails } from "../../reports/log-tail.ts";
import { writeCertificate } from "../../reports/seal.ts";
import type { Event, EventBody, Leftover } from "../dsl/event.ts";
import type { Engine } from "../engine/engine.ts";
import { exportUnasked } from "./exporting.ts";
import { runFolder } from "./home.ts";
import { pastCertificates } from "./past-certificates.ts";

type Sealed = Extract<EventBody, { readonly type: "run.sealed" }>;

/** Where the parts of a seal come from. */
export interface SealSources {
  readonly engine: Pick<Engine, "record" | "events" | "runs">;
  readonly provider: Pick<Provider, "list">;
  readonly home: string;
  /** Takes secrets out of a text. */
  clean(text: string): string;
}

/**
 * Lists what is left, makes the certificate from the record so far, writes it, and gives the event that seals the run.
 * No text of the certificate holds a secret; the files it links (results, logs, evidence) stay as stages wrote them; long
 * texts kept beside it hold none either.
 */
export async function sealRun({ engine, provider, home, clean }: SealSources, run: string): Promise<Sealed> {
  const record = await engine.record(run);
  if (record === null) throw new Error(`the run ${run} has no record`);
  const events: Event[] = [];
  for await (const event of engine.events(run)) events.push(event);
  const leftovers: readonly Leftover[] = await provider.list({ run });
  const folder = runFolder(home, run);
  const made = makeCertificate({
    plan: record.plan,
    events,
    results: await collectResults(events, folder, keptTexts(folder, clean)),
    leftovers: leftovers.map(({ provider: place, id, node }) => ({ provider: place, id, node })),
    version: packageJson.version,
    installed: await installedPackages(events, folder),
    tails: await logTails(events, folder, clean),
    // Because what only repeats a cell of an earlier run is not compared with any: it is neither better nor worse.
    ...(record.plan.reproduces === undefined ? await pastCertificates({ engine, home }, record) : {}),
  });
  const certificate: Certificate = JSON.parse(JSON.stringify(made), (_, value) =>
    typeof value === "string" ? clean(value) : value,
  );
  const { digest } = await writeCertificate(folder, certificate);
  await exportUnasked(home, { certificate, digest });
  return {
    type: "run.sealed",
    data: { digest, verdict: certificate.verdict, leftovers: certificate.leftovers ?? [] },
  };
}
