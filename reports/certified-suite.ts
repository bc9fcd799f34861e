import type { Event } from "../pipelines/dsl/event.ts";
import type { Plan } from "../pipelines/dsl/plan-document.ts";
import { sha256 } from "./canonical-json.ts";
import { cellsOf } from "./causes.ts";
import type { Cause, CertifiedCell, CertifiedSuite, CertifiedTest, LogTail } from "./certificate-document.ts";
import { isGreen, type SuiteVerdict } from "./judgement.ts";
import { tailOf } from "./log-tail.ts";
import type { TestResult, TestStatus } from "./results.ts";
import type { CellVerdict, RunVerdicts } from "./verdict.ts";

/** A cell of the certificate: what its suites came to, and how long it took by the events. */
export function certifiedCell(
  cell: CellVerdict,
  run: RunVerdicts,
  causes: readonly Cause[],
  events: readonly Event[],
): CertifiedCell {
  const own = run.suites.filter((suite) => cell.nodes.includes(suite.node));
  const tests = { passed: 0, failed: 0, error: 0, skipped: 0 };
  for (const suite of own) for (const status of statuses) tests[status] += suite.counts?.[status] ?? 0;
  const times = events.filter((event) => cell.nodes.includes(event.node ?? "") && event.type !== "node.waiting");
  const [first, last] = [times[0]?.at, times.at(-1)?.at];
  return {
    id: cell.id,
    anchor: `cell-${slug(cell.id)}`,
    values: cell.values,
    verdict: cell.verdict,
    blame: cell.blame,
    reason: cell.reason,
    nodes: cell.nodes,
    tests,
    waived: own.reduce((sum, suite) => sum + suite.waived.size, 0),
    causes: causes.filter((cause) => cause.cells.includes(cell.id)).map((cause) => cause.letter),
    tookMs: first === undefined || last === undefined ? null : Date.parse(last) - Date.parse(first),
  };
}

const statuses: readonly TestStatus[] = ["passed", "failed", "error", "skipped"];

/** An expected suite of one node, with every test by name and outcome. */
export function certifiedSuite(suite: SuiteVerdict, plan: Plan, tails?: ReadonlyMap<string, LogTail>): CertifiedSuite {
  const { result } = suite;
  // Because results that something else produced come without a log, what the suite itself printed stands in for it.
  const printed = result?.stdout === undefined ? undefined : tailOf(result.stdout);
  const tail = isGreen(suite) ? undefined : (tails?.get(result?.log ?? "") ?? printed);
  return {
    anchor: `suite-${slug(`${suite.suite}-${suite.node}`)}`,
    node: suite.node,
    scope: plan.nodes.find((node) => node.id === suite.node)?.cell ?? {},
    cells: cellsOf([suite.node], plan),
    suite: suite.suite,
    format: suite.format,
    verdict: suite.verdict,
    blame: suite.blame,
    reason: suite.reason,
    counts: suite.counts,
    waived: suite.waived.size,
    exitCode: result?.exitCode ?? null,
    durationMs: result?.durationMs ?? null,
    attempt: result?.attempt ?? null,
    files: result?.files ?? [],
    log: result?.log ?? null,
    ...(tail && { tail }),
    ...baselineOf(suite),
    tests: (result?.tests ?? []).map((test) => certifiedTest(test, suite.flaky)),
  };
}

/** Names of vanished tests that a certificate holds of one suite. */
const missingAtMost = 1_000;

function baselineOf({ baseline, vanished, accepted }: SuiteVerdict): Pick<CertifiedSuite, "baseline"> {
  if (baseline === null) return {};
  const { run, digest, finishedAt } = baseline;
  const missing = vanished.slice(0, missingAtMost);
  const by = accepted === null ? {} : { accepted };
  return { baseline: { run, digest, finishedAt, vanished: vanished.length, missing, ...by } };
}

function certifiedTest(test: TestResult, flaky: ReadonlySet<TestResult>): CertifiedTest {
  const { class: group, name, params, occurrence, status, durationMs } = test;
  const note = status === "skipped" ? test.message.slice(0, 400).toWellFormed() : "";
  return {
    class: group,
    name,
    status,
    durationMs,
    ...(params === null ? {} : { params }),
    ...(occurrence === 1 ? {} : { occurrence }),
    ...(note === "" ? {} : { note }),
    ...(flaky.has(test) ? { flaky: true as const } : {}),
  };
}

/** Because an anchor is part of a link: only letters, digits and hyphens, and never two equal for unequal ids. */
function slug(id: string): string {
  const plain = id.replace(/[^A-Za-z0-9]+/g, "-");
  return /^[A-Za-z0-9/@-]+$/.test(id) ? plain : `${plain}-${sha256(id).slice(0, 8)}`;
}
