import { join } from "node:path";
import { bundleName } from "../../reports/exports/attestation/bundle.ts";
import { UsageError } from "./exit.ts";
import { runFolder } from "./home.ts";
import { findRun } from "./runs.ts";
import { targetAt, type VerifyTarget } from "./verifying.ts";
import { openReader } from "./wiring.ts";

/** What a word names: a path that exists, else a run of this home, with the digests that its database was told. */
export async function verifyTarget(named: string): Promise<VerifyTarget> {
  const path = targetAt(named);
  if (path !== null) return path;
  if (/[/\\]/.test(named)) throw new UsageError("No such folder or file", named, "name one that exists, or a run");
  await using reader = await openReader();
  const { run, sealed, plan } = await findRun(reader.engine, named, "sealed");
  if (sealed === null)
    throw new UsageError("Not sealed", `${run} has no certificate yet`, `see: edgecert status ${run}`);
  const folder = runFolder(reader.home, run);
  const expected = { run, certificate: sealed.digest, plan: plan.digest };
  return { bundle: join(folder, "exports", bundleName), folder, expected };
}
