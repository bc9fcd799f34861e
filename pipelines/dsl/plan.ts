import { jsonDigest } from "./canonical-json.ts";
import { readConcurrency } from "./concurrency.ts";
import { type KnowledgePlace, readKnowledge } from "./declared-knowledge.ts";
import { type Definition, goalsBeforeApproval, type Reach, reach } from "./definition.ts";
import { readDemands } from "./demands.ts";
import type { Json } from "./json.ts";
import { type MatrixReading, readMatrix } from "./matrix.ts";
import { definitionProblems } from "./mistakes.ts";
import { assemble } from "./nodes.ts";
import { readParams } from "./params.ts";
import type { Pipeline, PlanOptions } from "./pipeline.ts";
import type { Plan, PlanNode, PlanPartial } from "./plan-document.ts";
import { PlanError, type Problem } from "./plan-error.ts";
import { type Selection, selectCells } from "./selection.ts";

/** Longest node id, in characters: it becomes a tag (256 at most on EC2) and a file name (255). */
const longestId = 200;

/** The plan of a pipeline for these parameters: pure, frozen, digested. Throws one PlanError that names all mistakes. */
export function plan(pipeline: Pipeline, params?: unknown, options: PlanOptions = {}): Promise<Plan> {
  return pipeline.plan(params, options);
}

/** Plans a definition; see {@link plan}. */
export async function planOf(written: Definition, given: unknown, options: PlanOptions): Promise<Plan> {
  const matrix = readMatrix(written.matrix);
  const whole = reach(written);
  const chosen = chosenCells(options.cells, matrix);
  const partial = chosen.cells.length < matrix.cells.length;
  const reached = partial ? reach({ ...written, goals: goalsBeforeApproval(written) }) : whole;
  const { cells } = chosen;
  const grid = { axes: matrix.axes, cells: written.matrix === undefined ? [{ id: "", values: {} }] : cells };
  const problems: Problem[] = [...definitionProblems(written, matrix, whole), ...chosen.problems];
  const { params, problems: badParams } = await readParams(written.params, given);
  problems.push(...badParams);
  // Because functions of a definition may trust their parameters: without these they are not asked.
  const asked = badParams.length === 0 ? readDemands(written, reached.stages, grid, params, options) : null;
  problems.push(...(asked?.problems ?? []));
  const { nodes, problems: badNeeds } = assemble(written, reached.stages, grid, asked?.demands ?? new Map());
  problems.push(...distinct(badNeeds), ...nodes.flatMap(longId));
  const sources = asked?.sources ?? {};
  const everywhere = { axes: matrix.axes, cells: written.matrix === undefined ? grid.cells : matrix.cells };
  const place = { stages: whole.stages, grid: everywhere, now: options.now };
  const said = asked === null ? { problems: [] } : readSaid(written, params, { ...place, sources });
  problems.push(...said.problems);
  if (problems.length > 0) throw new PlanError(written.name, problems);
  const { axes, holes } = matrix;
  const secrets = Object.keys(written.secrets);
  const left = partial ? { partial: leftOut(options.cells ?? [], { matrix, chosen, whole, reached }) } : {};
  return sealed({
    v: 1,
    pipeline: written.name,
    params,
    axes,
    cells,
    ...left,
    holes,
    nodes,
    sources,
    ...said.parts,
    secrets,
  });
}

/** What the definition says beside its stages: parts of the plan that are absent where it says nothing. */
function readSaid(
  written: Definition,
  params: Json,
  { sources, ...place }: KnowledgePlace & { readonly sources: Plan["sources"] },
): { readonly parts?: Pick<Plan, "concurrency" | "waivers" | "requirements">; readonly problems: readonly Problem[] } {
  const { problems: badKey, ...concurrency } = readConcurrency(written, sources, params);
  const { knowledge, problems } = readKnowledge(written, params, place);
  return { parts: { ...concurrency, ...knowledge }, problems: [...badKey, ...problems] };
}

function chosenCells(patterns: readonly string[] | undefined, matrix: MatrixReading): Selection {
  if (patterns === undefined) return { cells: matrix.cells, problems: [] };
  return selectCells(patterns, matrix);
}

interface Choice {
  readonly matrix: MatrixReading;
  readonly chosen: Selection;
  readonly whole: Reach;
  readonly reached: Reach;
}

function leftOut(patterns: readonly string[], { matrix, chosen, whole, reached }: Choice): PlanPartial {
  return {
    chosen: patterns,
    cells: matrix.cells.filter((cell) => !chosen.cells.includes(cell)),
    stages: whole.stages.filter((stage) => !reached.stages.includes(stage)).map((stage) => stage.name),
  };
}

/** The digest of a plan as it should be: sha256 in hex over the canonical JSON of everything but `digest`. */
export function planDigest(document: Omit<Plan, "digest"> & { readonly digest?: string }): string {
  const { digest: _, ...rest } = document;
  return jsonDigest(rest);
}

function sealed(document: Omit<Plan, "digest">): Plan {
  // Because a plan that was stored and read back must be the same value: absent fields are left out at once. The cast
  // is sound: the digest was taken first, and throws for what is not JSON.
  const plain = JSON.parse(JSON.stringify({ ...document, digest: planDigest(document) })) as Plan;
  return frozen(plain);
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

function longId(node: PlanNode): Problem[] {
  if (node.id.length <= longestId) return [];
  return [
    {
      title: "A node id is too long",
      detail: `${node.id} has ${node.id.length} characters, and ${longestId} fit into a tag and a file name.`,
      next: "Shorten the values of the axes, or give the stage fewer axes with per.",
    },
  ];
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [problem.title, problem])).values()];
}
