import type { Plan, PlanAxis, PlanCell, PlanNode, PlanPolicies } from "../../pipelines/dsl/plan-document.ts";
import type { ResultFormat } from "../../pipelines/dsl/request.ts";
import { canonicalJson, sha256 } from "../canonical-json.ts";
import type { Expectation } from "./expectation.ts";

/** What a plan is made of where there was none: what was found, and what should have been. */
export interface Outline {
  /** Every suite that was found, cell by cell. */
  readonly found: readonly { readonly cell: string; readonly suite: string; readonly format: ResultFormat }[];
  readonly expectation: Expectation | null;
  /** sha256 over paths and digests of all evidence, in hex. */
  readonly evidence: string;
  readonly files: number;
}

/** Levels of folders that are axes of their own; deeper paths are one axis. */
const axesAtMost = 3;

/** The node that owes the suites of a cell. */
export function nodeOf(cell: string): string {
  return `results@${cell}`;
}

/**
 * The plan that result files stand for, marked as such: one node per cell, which owes what was found there and what was
 * expected. Nothing in it was ever run.
 */
export function planOf({ found, expectation, evidence, files }: Outline): Plan {
  const owed = owedSuites(found, expectation);
  const ids = [...owed.keys()];
  const holes = (expectation?.holes ?? []).filter(({ cell }) => !owed.has(cell));
  const axes = axesOf([...ids, ...holes.map(({ cell }) => cell)], expectation?.axes ?? null);
  const cells = ids.map((id): PlanCell => ({ id, values: valuesOf(id, axes) }));
  const plan: Omit<Plan, "digest"> = {
    v: 1,
    alone: true,
    pipeline: "results",
    params: { evidence: `sha256:${evidence}`, files },
    axes: axes.map((name): PlanAxis => {
      const all = [...cells, ...holes.map(({ cell }) => ({ values: valuesOf(cell, axes) }))];
      return { name, values: [...new Set(all.map(({ values }) => values[name] ?? ""))] };
    }),
    cells,
    holes: holes.map(({ cell, reason }) => ({ id: cell, values: valuesOf(cell, axes), reason })),
    nodes: cells.map(({ id, values }) => nodeFor(id, values, owed.get(id) ?? new Map())),
    sources: {},
    secrets: [],
  };
  return { ...plan, digest: sha256(canonicalJson(JSON.parse(JSON.stringify(plan)))) };
}

type Owed = ReadonlyMap<string, ReadonlyMap<string, ResultFormat>>;

/** Expected cells first, in the order of the list; then what was found beside them. */
function owedSuites(found: Outline["found"], expectation: Expectation | null): Owed {
  const formats = new Map(found.map(({ suite, format }) => [suite, format]));
  const owed = new Map<string, Map<string, ResultFormat>>();
  const add = (cell: string, suite: string, format: ResultFormat) =>
    owed.set(cell, (owed.get(cell) ?? new Map<string, ResultFormat>()).set(suite, format));
  for (const { cell, suites } of expectation?.cells ?? [])
    for (const suite of suites) add(cell, suite, formats.get(suite) ?? "junit-xml");
  for (const { cell, suite, format } of found) add(cell, suite, format);
  return owed;
}

/** Because paths of unequal length, or very long ones, name no common axes, they are the values of one. */
function axesOf(cells: readonly string[], named: readonly string[] | null): readonly string[] {
  const depths = new Set(cells.map((cell) => cell.split("/").length));
  const [depth = 1] = depths;
  if (named !== null && depths.size === 1 && depth === named.length) return named;
  if (depths.size !== 1 || depth === 1 || depth > axesAtMost) return ["folder"];
  return Array.from({ length: depth }, (_, level) => `folder ${level + 1}`);
}

function valuesOf(cell: string, axes: readonly string[]): Readonly<Record<string, string>> {
  const parts = axes.length === 1 ? [cell] : cell.split("/");
  return Object.fromEntries(axes.map((axis, level) => [axis, parts[level] ?? ""]));
}

function nodeFor(cell: string, values: PlanCell["values"], suites: ReadonlyMap<string, ResultFormat>): PlanNode {
  return {
    id: nodeOf(cell),
    stage: "results",
    kind: "run",
    cell: values,
    needs: {},
    after: [],
    policies: none,
    undoOf: null,
    suites: [...suites].map(([name, format]) => ({ name, format })),
    servers: [],
  };
}

const none: PlanPolicies = {
  timeout: { value: null, from: "default" },
  stall: { value: null, from: "default" },
  retry: { value: {}, from: "default" },
  lost: { value: 0, from: "default" },
  keep: { value: "never", from: "default" },
  expires: { value: null, from: "default" },
};
