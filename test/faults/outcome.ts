import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Event } from "../../pipelines/dsl/event.ts";
import type { Certificate } from "../../reports/certificate-document.ts";
import type { Subject, Told } from "./subject.ts";

/** What a run came to, so that two runs can be compared. */
export interface Outcome {
  readonly run: string;
  readonly code: number | null;
  /** Cells with verdict and reason, and their suites with counts. */
  readonly lines: readonly string[];
  readonly events: number;
  /** What is left behind or broken, one sentence each: never compared, always wrong. */
  readonly wrong: readonly string[];
}

/** Reads certificate, stream, provider and process table after a run has ended. */
export async function outcomeOf(home: string, told: Told, subject: Subject): Promise<Outcome> {
  const { run, code, tail } = told;
  const certificate = certificateOf(home, run);
  const stream = (await subject.command("logs", run, "--json")).out
    .split("\n")
    .filter((line) => line.startsWith('{"v":'));
  const events: readonly Event[] = stream.map((line) => JSON.parse(line));
  const held: readonly { readonly run: string; readonly id: string }[] = JSON.parse(
    (await subject.command("list", "--machines", "--json")).out,
  );
  const gap = events.findIndex((event, index) => event.seq !== index + 1);
  const wrong = [
    ...(certificate === null ? [`there is no certificate; it ended so:\n${tail.join("\n")}`] : []),
    ...(certificate?.leftovers?.length === 0
      ? []
      : [`sealed with leftovers ${JSON.stringify(certificate?.leftovers)}`]),
    ...held.filter((one) => one.run === run).map((one) => `still held: ${one.id}`),
    ...subject.servers(run).map((pid) => `a server still lives as process ${pid}`),
    ...subject.postmasters().map((pid) => `the database still lives as process ${pid}`),
    ...(gap < 0 && events.length > 0 ? [] : [`the stream of ${events.length} events breaks at ${gap + 1}`]),
    ...(events.some(({ type }) => type === "run.finished") ? [] : ["the stream does not end with run.finished"]),
  ];
  return { run, code, lines: certificate === null ? [] : linesOf(certificate), events: events.length, wrong };
}

/** How a disturbed run differs from the undisturbed one; a retry is allowed where a server was killed. */
export function difference(aim: Outcome, found: Outcome, serverKilled: boolean): readonly string[] {
  const plain = (lines: readonly string[]) =>
    lines.map((line) => (serverKilled ? line.replace("passed-with-retries", "passed") : line)).join("\n");
  const wrong = [...found.wrong];
  if (plain(found.lines) !== plain(aim.lines)) wrong.push(`other verdicts in ${found.run}:`, ...found.lines);
  if (found.code !== null && found.code !== aim.code)
    wrong.push(`${found.run} ended with ${found.code}, not with ${aim.code}`);
  return wrong;
}

function certificateOf(home: string, run: string): Certificate | null {
  try {
    // Written by this very version of the project.
    return JSON.parse(readFileSync(join(home, "runs", run, "certificate.json"), "utf8"));
  } catch {
    return null;
  }
}

function linesOf(certificate: Certificate): readonly string[] {
  const cells = certificate.cells.map(({ id, verdict, reason }) => `${id}: ${verdict} ${reason}`.trim());
  const suites = certificate.suites.map((suite) => `${suite.node} ${suite.suite}: ${JSON.stringify(suite.counts)}`);
  return [...cells, ...suites].sort();
}
