import type { Catalogue } from "../../pipelines/dsl/requirement.ts";
import type { TestResult } from "../results.ts";

/** What a test says that it proves: ids as the catalogue writes them, and ids that the catalogue does not have. */
export interface TestMarks {
  readonly scenarios: readonly string[];
  /** Requirements that it names without a scenario. */
  readonly requirements: readonly string[];
  readonly unknown: readonly string[];
}

/** Finds what tests say that they prove. */
export interface ScenarioMarks {
  of(test: Pick<TestResult, "class" | "name" | "properties">): TestMarks;
}

const properties: ReadonlySet<string> = new Set(["scenario", "scenarios", "verifies", "requirement", "requirements"]);

/** Most characters of a name that ids are looked for in: names come from outside, and the pattern may be a slow one. */
const longestName = 1_000;

/**
 * Reads marks by a catalogue: properties `scenario`, `verifies` and `requirement` (several ids with commas or spaces
 * between them), and ids that the catalogue's pattern finds in class and name.
 */
export function scenarioMarks(catalogue: Catalogue): ScenarioMarks {
  const requirements = catalogue.components.flatMap((component) => component.requirements);
  const known = new Map<string, Known>([
    ...requirements.map(({ id }) => [plainId(id), { kind: "requirement", id }] as const),
    ...requirements.flatMap(({ scenarios }) =>
      scenarios.map(({ id }) => [plainId(id), { kind: "scenario", id }] as const),
    ),
  ]);
  const pattern = catalogue.pattern === undefined ? null : new RegExp(catalogue.pattern, "gu");
  return {
    of(test) {
      const named = [...propertyIds(test.properties, known), ...nameIds(test, pattern)];
      return named.length === 0 ? none : marksOf(named, known);
    },
  };
}

interface Known {
  readonly kind: "requirement" | "scenario";
  readonly id: string;
}

const none: TestMarks = { scenarios: [], requirements: [], unknown: [] };

function marksOf(named: readonly string[], known: ReadonlyMap<string, Known>): TestMarks {
  const marks = { scenario: new Set<string>(), requirement: new Set<string>(), unknown: new Set<string>() };
  for (const name of named) {
    const found = known.get(plainId(name));
    marks[found?.kind ?? "unknown"].add(found?.id ?? name);
  }
  return { scenarios: [...marks.scenario], requirements: [...marks.requirement], unknown: [...marks.unknown] };
}

/** The ids of a value; one that holds spaces is one id where the catalogue has it so. */
function propertyIds(list: TestResult["properties"], known: ReadonlyMap<string, Known>): readonly string[] {
  if (list === undefined) return [];
  return list
    .filter(({ name }) => properties.has(name.toLowerCase()))
    .flatMap(({ value }) => value.split(","))
    .flatMap((part) => (known.has(plainId(part)) ? [part.trim()] : part.split(/\s+/)))
    .filter((id) => id !== "");
}

function nameIds(
  { class: group, name }: Pick<TestResult, "class" | "name">,
  pattern: RegExp | null,
): readonly string[] {
  if (pattern === null) return [];
  return [group, name].flatMap((text) => text.slice(0, longestName).match(pattern) ?? []);
}

/** As the plan's `plainId`: `VS3.1.2`, `VS 3.1.2` and `vs_3_1_2` are the same, `VS31.2` is another. */
function plainId(id: string): string {
  const parts = id.toUpperCase().match(/[A-Z]+|[0-9]+/g);
  return parts?.join(".") ?? id;
}
