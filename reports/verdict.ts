import type { Event } from "../pipelines/dsl/event.ts";
import type { Failure } from "../pipelines/dsl/failure.ts";
import type { Plan, PlanNode, Reproduction } from "../pipelines/dsl/plan-document.ts";
import { type Baselines, suiteKey } from "./baseline.ts";
import { doubtsAbout } from "./doubts.ts";
import { packagesByAttempt } from "./flaky.ts";
import { isGreen, type Judgement, judgeNode, type SuiteVerdict } from "./judgement.ts";
import { type NodeRecord, recordsOf } from "./record.ts";
import type { SuiteResult } from "./results.ts";
import { touchedAttempts } from "./touch.ts";
import { type LetteredWaiver, waiverBook } from "./waivers.ts";

/** What is said about a cell, a suite or a run. From best to worst: each is beaten by what stands after it. */
export const verdicts = [
  "not-applicable",
  "passed",
  "passed-with-retries",
  "not-run",
  "inconclusive",
  "failed",
] as const;

export type Verdict = (typeof verdicts)[number];

/**
 * Who is to be asked about a verdict that is not green: the product, the evidence about it, the machines it was to run
 * on, a person who stopped the run, or nobody but the `selection` that left the cell out of a partial run. `nobody` where
 * it is green.
 */
export type Blame = "nobody" | "product" | "evidence" | "infrastructure" | "person" | "selection";

/** The worst of some verdicts; `empty` for none. */
export function worst(some: readonly Verdict[], empty: Verdict): Verdict {
  return some.reduce(
    (left, right) => (verdicts.indexOf(left) < verdicts.indexOf(right) ? right : left),
    some[0] ?? empty,
  );
}

/** A cell of the plan with what its suites came to. */
export interface CellVerdict {
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
  readonly verdict: Verdict;
  readonly blame: Blame;
  /** Why the verdict is not green, in one sentence; empty where it is. */
  readonly reason: string;
  /** Node ids whose suites this cell is judged by. */
  readonly nodes: readonly string[];
}

/** The verdicts of a run at every level. */
export interface RunVerdicts {
  readonly verdict: Verdict;
  readonly cells: readonly CellVerdict[];
  readonly suites: readonly SuiteVerdict[];
  /** Why nothing in this run can be green, one sentence each: the record itself is not whole. */
  readonly doubts: readonly string[];
  readonly records: ReadonlyMap<string, NodeRecord>;
  /** The waivers of the plan, also those that do not hold. */
  readonly waivers: readonly LetteredWaiver[];
}

/** What a run is judged by beside its plan and its events. */
export interface Evidence {
  readonly results: readonly SuiteResult[];
  /** What each suite was when it was last green; default: nothing was certified before. */
  readonly baselines?: Baselines;
}

/**
 * Judges a run, fail-closed: what the plan expects and nothing proves is never green. Only the last attempt of a node
 * counts; an earlier one that ended differently makes it `passed-with-retries`. A plan without suites proves nothing.
 */
export function judge(plan: Plan, events: readonly Event[], { results, baselines = new Map() }: Evidence): RunVerdicts {
  const records = recordsOf(events);
  const doubts = doubtsAbout(plan, events, records, results);
  const waivers = waiverBook(plan, events);
  const about = {
    plan,
    records,
    results: Map.groupBy(results, ({ node, suite }) => suiteKey(node, suite)),
    stopped: events.some((event) => event.type === "cancel.requested"),
    touched: touchedAttempts(plan, events),
    baselines,
    waivers,
    packages: packagesByAttempt(plan, events),
  };
  const judged = evidenceNodes(plan).flatMap((node) => {
    const cells = plan.cells.filter(({ values }) => covers(node, values)).map(({ id }) => id);
    return judgeNode(node, cells, about).map((one) => doubted(one, doubts));
  });
  const blamed = stoppedByMachine(events) ? judged.map(blamedOnMachine) : judged;
  const suites = plan.reproduces === undefined ? blamed : blamed.map(uncounted(plan.reproduces));
  const cells = [...plan.cells.map((cell) => cellVerdict(cell, plan, suites)), ...unselected(plan)];
  const verdict = worst(
    cells.map((cell) => cell.verdict),
    "not-run",
  );
  return { verdict, cells, suites, doubts, records, waivers: waivers.waivers };
}

function stoppedByMachine(events: readonly Event[]): boolean {
  return events.some((event) => event.type === "cancel.requested" && event.data.cause === "infrastructure");
}

/** Because a machine that could not go on, such as one with a full disk, cancelled the run, nobody is to blame for it. */
function blamedOnMachine(suite: SuiteVerdict): SuiteVerdict {
  return suite.blame === "person" ? { ...suite, blame: "infrastructure" } : suite;
}

/** Because a cell was only repeated for a person to look at, a pass in it proves nothing, and nobody is to blame for that. */
function uncounted({ run }: Reproduction): (suite: SuiteVerdict) => SuiteVerdict {
  const reason = `It passed here and does not count: the cell of ${run} was only repeated for a person to look at.`;
  return (suite) =>
    suite.verdict === "passed" || suite.verdict === "passed-with-retries"
      ? { ...suite, verdict: "inconclusive", blame: "selection", reason, failure: null }
      : suite;
}

/** The nodes that owe the evidence of suites. */
export function evidenceNodes(plan: Plan): readonly PlanNode[] {
  return plan.nodes.filter((node) => node.kind === "run" && node.suites.length > 0);
}

/** Whether a node works for a cell: it runs per some of the cell's axes and has the cell's values there. */
export function covers(node: Pick<PlanNode, "cell">, values: Readonly<Record<string, string>>): boolean {
  return Object.entries(node.cell).every(([axis, value]) => values[axis] === value);
}

/** Because a partial run proves nothing about the cells that it left out, they stand beside the others as not run. */
function unselected({ partial }: Plan): readonly CellVerdict[] {
  const reason = `It was not selected: the run was limited to ${partial?.chosen.join(" or ")}.`;
  const left = { verdict: "not-run", blame: "selection", reason, nodes: [] } as const;
  return (partial?.cells ?? []).map(({ id, values }) => ({ id, values, ...left }));
}

function cellVerdict(cell: Plan["cells"][number], plan: Plan, suites: readonly SuiteVerdict[]): CellVerdict {
  const nodes = evidenceNodes(plan).filter((node) => covers(node, cell.values));
  const own = suites.filter((suite) => nodes.some((node) => node.id === suite.node));
  const { id, values } = cell;
  const verdict = worst(
    own.map((suite) => suite.verdict),
    "not-run",
  );
  const first = own.find((suite) => suite.verdict === verdict);
  return {
    id,
    values,
    verdict,
    blame: first?.blame ?? "evidence",
    reason: first?.reason ?? "The plan expects no suite in this cell, so nothing is proved about it.",
    nodes: nodes.map((node) => node.id),
  };
}

function doubted(suite: SuiteVerdict, doubts: readonly string[]): SuiteVerdict {
  const [reason] = doubts;
  if (reason === undefined || !isGreen(suite)) return suite;
  const failure: Failure = {
    reason: "record-not-whole",
    class: "fatal",
    title: "The record of the run is not whole",
    detail: reason,
    next: "Run the cell again; keep this run's folder and report how its record was lost.",
  };
  const judgement: Judgement = { verdict: "inconclusive", blame: "evidence", reason, failure };
  return { ...suite, ...judgement };
}
