import type { Definition } from "./definition.ts";
import { type Grid, nodesOf } from "./nodes.ts";
import type { Plan } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import { catalogueProblems, scenarioIds } from "./requirement-mistakes.ts";
import type { StageDefinition } from "./stage.ts";
import { readWaivers } from "./waiver-mistakes.ts";

/** What a definition knows about its product beside stages. */
export interface KnowledgeReading {
  /** As the plan holds it: absent where nothing is declared. */
  readonly knowledge: Pick<Plan, "waivers" | "requirements">;
  readonly problems: readonly Problem[];
}

/** What the answers are looked for in: all stages and cells, also those that a partial plan leaves out. */
export interface KnowledgePlace {
  readonly stages: readonly StageDefinition[];
  readonly grid: Grid;
  readonly now: string | undefined;
}

/** Reads waivers and requirements of a definition for these parameters. */
export function readKnowledge(
  { waivers: written, requirements }: Definition,
  params: unknown,
  { stages, grid, now }: KnowledgePlace,
): KnowledgeReading {
  const badCatalogue = requirements === null ? [] : catalogueProblems(requirements, grid.axes);
  const asked = typeof written === "function" ? asking(() => written({ params })) : { given: written, problems: [] };
  const place = {
    suites: suitesOf(stages, grid, params),
    scenarios: requirements === null || badCatalogue.length > 0 ? null : scenarioIds(requirements),
    ...(now === undefined ? {} : { now }),
  };
  const { waivers, problems } = readWaivers(asked.given, place);
  return {
    knowledge: {
      ...(waivers.length === 0 ? {} : { waivers }),
      ...(requirements === null ? {} : { requirements }),
    },
    problems: [...badCatalogue, ...asked.problems, ...problems],
  };
}

function asking(ask: () => unknown): { readonly given: unknown; readonly problems: readonly Problem[] } {
  try {
    return { given: ask(), problems: [] };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      given: [],
      problems: [{ title: "The function for waivers threw", detail, next: "It must only compute, from params." }],
    };
  }
}

/** Names of the suites of each cell. What throws is told where its stage is planned. */
function suitesOf(stages: readonly StageDefinition[], grid: Grid, params: unknown): Map<string, Set<string>> {
  const suites = new Map(grid.cells.map((cell) => [cell.id, new Set<string>()]));
  for (const stage of stages) {
    for (const node of nodesOf(stage, grid)) {
      const { given } = asking(() => stage.suites({ params, cell: node.cell }).map(({ name }) => name));
      if (!Array.isArray(given)) continue;
      const own = grid.cells.filter(({ values }) =>
        Object.entries(node.cell).every(([axis, value]) => values[axis] === value),
      );
      for (const cell of own) for (const name of given) suites.get(cell.id)?.add(String(name));
    }
  }
  return suites;
}
