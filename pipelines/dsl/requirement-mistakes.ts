import { listed } from "./matrix.ts";
import type { PlanAxis } from "./plan-document.ts";
import type { Problem } from "./plan-error.ts";
import { type Catalogue, type CatalogueScenario, plainId } from "./requirement.ts";
import { didYouMean } from "./suggestion.ts";

const idPattern = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$/;

/** Every mistake of a requirement catalogue for a matrix with these axes. Takes what an import gave for one. */
export function catalogueProblems(given: unknown, axes: readonly PlanAxis[]): readonly Problem[] {
  const title = "Bad requirement catalogue";
  const form = malformed(given);
  if (form !== null) {
    const next =
      "Write { name, components: [{ id, title, requirements: [{ id, title, scenarios: [{ id, title }] }] }] }.";
    return [{ title, detail: `${form}.`, next }];
  }
  // The cast is sound because its form was looked at above.
  const catalogue = given as Catalogue;
  const requirements = catalogue.components.flatMap((component) => component.requirements);
  const scenarios = requirements.flatMap((requirement) => requirement.scenarios);
  const things = [...catalogue.components, ...requirements, ...scenarios];
  const problem = (detail: string, next: string): Problem => ({ title, detail, next });
  return [
    ...(catalogue.name.trim() === "" ? [problem("its name is empty.", "Call it after the product.")] : []),
    ...things
      .filter(({ id }) => !idPattern.test(id))
      .map(({ id }) =>
        problem(`${JSON.stringify(id)} is no id.`, "Use letters, digits, ., - and _, 40 characters at most."),
      ),
    ...things
      .filter((thing) => thing.title.trim() === "")
      .map(({ id }) => problem(`${id} has no title.`, "Say what it is in a few words.")),
    ...doubles([...catalogue.components, ...requirements], scenarios).map((id) =>
      problem(`${id} stands for two things.`, "Give each an id of its own; a shared scenario has one title."),
    ),
    ...badPattern(catalogue.pattern, scenarios).map((detail) =>
      problem(detail, "Write one that finds the ids, such as (?<![A-Za-z0-9])VS[ _]?\\d+([._]\\d+)*."),
    ),
    ...scenarios.flatMap((scenario) => badWhere(scenario, axes).map(([detail, next]) => problem(detail, next))),
  ];
}

/** Ids of all scenarios of a catalogue. */
export function scenarioIds({ components }: Catalogue): ReadonlySet<string> {
  const requirements = components.flatMap((component) => component.requirements);
  return new Set(requirements.flatMap(({ scenarios }) => scenarios.map(({ id }) => id)));
}

const levels = ["components", "requirements", "scenarios"] as const;

/** What is not of the form of a catalogue, down to the scenarios; null where all is. */
function malformed(given: unknown): string | null {
  if (!isRecord(given)) return "it is no object";
  if (typeof given.name !== "string") return "it has no name";
  if (given.pattern !== undefined && typeof given.pattern !== "string") return "its pattern is no text";
  return malformedList(given, "it", 0);
}

function malformedList(holder: Readonly<Record<string, unknown>>, what: string, depth: number): string | null {
  const level = levels[depth];
  if (level === undefined) return null;
  const list = holder[level];
  if (!Array.isArray(list)) return `${what} has no list of ${level}`;
  const members: readonly unknown[] = list;
  for (const one of members) {
    if (!isRecord(one) || typeof one.id !== "string" || typeof one.title !== "string")
      return `${what} has ${level} without id or title`;
    const found = malformedList(one, one.id, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function doubles(
  unique: readonly { readonly id: string }[],
  scenarios: readonly CatalogueScenario[],
): readonly string[] {
  const titles = new Map<string, string>();
  const found = new Set<string>();
  for (const { id } of unique) {
    if (titles.has(plainId(id))) found.add(id);
    titles.set(plainId(id), `of ${id}`);
  }
  for (const { id, title, where } of scenarios) {
    const own = JSON.stringify([id, title, where ?? null]);
    if ((titles.get(plainId(id)) ?? own) !== own) found.add(id);
    titles.set(plainId(id), own);
  }
  return [...found];
}

function badPattern(pattern: string | undefined, scenarios: readonly CatalogueScenario[]): readonly string[] {
  if (pattern === undefined) return [];
  try {
    const expression = new RegExp(pattern, "u");
    if (expression.test("")) return ["its pattern matches an empty text."];
    const unseen = scenarios.find(({ id }) => plainId(expression.exec(id)?.[0] ?? "") !== plainId(id));
    return unseen === undefined ? [] : [`its pattern does not find ${JSON.stringify(unseen.id)}.`];
  } catch (error) {
    return [`its pattern is none: ${error instanceof Error ? error.message : String(error)}.`];
  }
}

function badWhere({ id, where }: CatalogueScenario, axes: readonly PlanAxis[]): (readonly [string, string])[] {
  return Object.entries(where ?? {}).flatMap(([name, wanted]): (readonly [string, string])[] => {
    const axis = axes.find((one) => one.name === name);
    const names = axes.map((one) => one.name);
    if (axis === undefined)
      return [[`where of ${id} names the axis ${JSON.stringify(name)}.`, didYouMean(name, names)]];
    return listed(wanted)
      .filter((value) => !axis.values.includes(value))
      .map((value) => [`where of ${id} names ${name} ${JSON.stringify(value)}.`, didYouMean(value, axis.values)]);
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
