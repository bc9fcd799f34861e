import { attend } from "./attend.ts";
import { loadDefinition } from "./definition.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { findRun, readProgress } from "./runs.ts";
import { refuseUnproved, verifiedCertificate, verifyPackages } from "./sealed.ts";
import { continueRun, openReader, openWorker } from "./wiring.ts";

/** Words of a decision. */
export interface DecideWords {
  readonly node?: string;
  readonly by: string;
  readonly reason: string;
}

/**
 * Hands a person's decision to a sealed run, bound to the digest of its certificate, and continues the run here when
 * no process works on it.
 */
export async function decide(
  named: string | undefined,
  word: "approved" | "rejected",
  words: DecideWords,
): Promise<number> {
  const { run, alive } = await leaveDecision(named, word, words);
  if (alive) {
    console.log(`${run}: ${word}; the process that works on it goes on.`);
    return exitCodes.passed;
  }
  await using work = await openWorker();
  const seen = await continueRun(work, await findRun(work.engine, run));
  // Because the engine would be closed before an unawaited promise is done.
  return await attend(work, run, {}, seen);
}

async function leaveDecision(named: string | undefined, word: "approved" | "rejected", words: DecideWords) {
  await using reader = await openReader();
  const record = await findRun(reader.engine, named, "waiting-approval");
  const progress = await readProgress(reader.engine, record);
  const waiting = record.plan.nodes
    .filter((node) => node.kind === "approval" && progress.nodes.get(node.id)?.state === "waiting")
    .map((node) => node.id);
  const node = words.node ?? waiting[0];
  if (node === undefined || (words.node === undefined && waiting.length > 1)) {
    const next =
      waiting.length === 0 ? `see: edgecert status ${record.run}` : `choose one with --node: ${waiting.join(", ")}`;
    throw new UsageError("Nothing to decide", `${record.run} has ${waiting.length} waiting approvals`, next);
  }
  const { certificate, digest } = await verifiedCertificate(reader.home, record);
  if (word === "approved") {
    refuseUnproved(certificate);
    await verifyPackages(reader.home, certificate);
  }
  // Because a decision is final, none is taken that this process could not go on with.
  if (!record.alive) await reader.engine.check(record.run, (await loadDefinition(record.definition)).pipeline);
  const decision = { node, decision: word, by: words.by, reason: words.reason, digest };
  await reader.engine.decide(record.run, decision);
  return { run: record.run, alive: record.alive };
}
