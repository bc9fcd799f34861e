import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Provider } from "../../infra/providers/provider.ts";
import packageJson from "../../package.json" with { type: "json" };
import { makeCertificate } from "../../reports/certificate.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import { collectResults } from "../../reports/collect.ts";
import { sealCertificate } from "../../reports/seal.ts";
import { writeCertificate } from "../../reports/write.ts";
import type { Event, EventBody, Leftover } from "../dsl/event.ts";
import type { Engine } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import { runFolder } from "./home.ts";

type Sealed = Extract<EventBody, { readonly type: "run.sealed" }>;

/** Where the parts of a seal come from. */
export interface SealSources {
  readonly engine: Engine;
  readonly provider: Provider;
  readonly home: string;
}

/** Lists what is left, makes the certificate from the record so far, writes it, and gives the event that seals the run. */
export async function sealRun({ engine, provider, home }: SealSources, run: string): Promise<Sealed> {
  const record = await engine.record(run);
  if (record === null) throw new Error(`the run ${run} has no record`);
  const events: Event[] = [];
  for await (const event of engine.events(run)) events.push(event);
  const leftovers: readonly Leftover[] = await provider.list({ run });
  const folder = runFolder(home, run);
  const certificate = makeCertificate({
    plan: record.plan,
    events,
    results: await collectResults(events, folder),
    leftovers: leftovers.map(({ provider: place, id, node }) => ({ provider: place, id, node })),
    version: packageJson.version,
  });
  const sealed = sealCertificate(certificate);
  await writeCertificate(folder, sealed.certificate);
  return {
    type: "run.sealed",
    data: { digest: sealed.digest, verdict: certificate.verdict, leftovers: certificate.leftovers ?? [] },
  };
}

/** The sealed certificate of a run as it stands on disk, or null before it was sealed. */
export async function readCertificate(home: string, run: string): Promise<Certificate | null> {
  try {
    // Written by us and bound by its digest, which the seal event repeats.
    const certificate: Certificate = JSON.parse(await readFile(join(runFolder(home, run), "certificate.json"), "utf8"));
    return certificate;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Renders the certificate of a run again from its JSON. */
export async function renderAgain(
  home: string,
  run: string,
): Promise<{ readonly path: string; readonly json: string }> {
  const certificate = await readCertificate(home, run);
  if (certificate === null) {
    throw new UsageError("Not sealed", `${run} has no certificate yet`, `see: edgecert status ${run}`);
  }
  const folder = runFolder(home, run);
  await writeCertificate(folder, certificate);
  return { path: join(folder, "certificate.html"), json: await readFile(join(folder, "certificate.json"), "utf8") };
}

/** Keeps a decision beside the certificate that it is bound to. */
export async function recordRelease(
  home: string,
  run: string,
  decision: Readonly<Record<string, string>>,
): Promise<void> {
  const file = join(runFolder(home, run), "release.json");
  await writeFile(`${file}.part`, `${JSON.stringify({ v: 1, run, decisions: [decision] }, null, 2)}\n`);
  await rename(`${file}.part`, file);
}
