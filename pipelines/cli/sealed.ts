import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Certificate } from "../../reports/certificate-document.ts";
import { readCertificate, type SealedCertificate, writePage } from "../../reports/seal.ts";
import type { RunRecord } from "../engine/engine.ts";
import { UsageError } from "./exit.ts";
import { runFolder } from "./home.ts";

/** What the database knows of a seal. */
export type SealRecord = Pick<RunRecord, "run" | "sealed">;

/** How the certificate on disk stands to the seal: `changed` also where it is gone or cannot be read. */
export type CertificateState =
  | { readonly state: "unsealed" }
  | ({ readonly state: "intact" } & SealedCertificate)
  | { readonly state: "changed"; readonly detail: string };

/** Reads the certificate of a run and compares its digest with the one that the run was sealed with. */
export async function certificateState(home: string, { run, sealed }: SealRecord): Promise<CertificateState> {
  if (sealed === null) return { state: "unsealed" };
  try {
    const read = await readCertificate(runFolder(home, run));
    if (read.digest === sealed.digest) return { state: "intact", ...read };
    const detail = `certificate.json has the digest ${read.digest}, the run was sealed with ${sealed.digest}`;
    return { state: "changed", detail };
  } catch (error) {
    return { state: "changed", detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The certificate that the run was sealed with; a UsageError where there is none, or not that one any more. */
export async function verifiedCertificate(home: string, record: SealRecord): Promise<SealedCertificate> {
  const found = await certificateState(home, record);
  if (found.state === "intact") return found;
  const { run } = record;
  throw found.state === "unsealed"
    ? new UsageError("Not sealed", `${run} has no certificate yet`, `see: edgecert status ${run}`)
    : new UsageError("The certificate was changed after it was sealed", found.detail, "certify again");
}

/** Refuses with a UsageError that names every package whose bytes on disk are not those of the certificate. */
export async function verifyPackages(home: string, { run, packages }: Certificate): Promise<void> {
  const changed: string[] = [];
  for (const { file } of packages) {
    const digest = await digestOf(join(runFolder(home, run), file.path));
    if (digest !== file.sha256)
      changed.push(`${file.path}: ${digest ?? "cannot be read"}, certified was ${file.sha256}`);
  }
  if (changed.length === 0) return;
  throw new UsageError("Packages were changed after they were certified", changed.join("\n"), "certify again");
}

/**
 * Refuses to have a certificate approved that does not say passed, with retries or valid waivers at most. One whose plan
 * expects no suite proves nothing and claims nothing: what it asks is for the person to know.
 */
export function refuseUnproved({ run, plan, verdict, headline }: Certificate): void {
  if (plan.suites === 0 || verdict === "passed" || verdict === "passed-with-retries") return;
  throw new UsageError(
    "Only what passed can be approved",
    `${run} is ${headline.lead.toLowerCase()}: ${headline.rest}`,
    `reject it: edgecert reject ${run}; or see what is open: edgecert report ${run}`,
  );
}

/** Renders the certificate of a run again from its JSON, and refuses one that is not the sealed one any more. */
export async function renderAgain(
  home: string,
  record: SealRecord,
): Promise<SealedCertificate & { readonly path: string }> {
  const sealed = await verifiedCertificate(home, record);
  return { path: await writePage(runFolder(home, record.run), sealed), ...sealed };
}

async function digestOf(path: string): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
  } catch {
    return null;
  }
}
