import type { Problem } from "./plan-error.ts";
import { didYouMean } from "./suggestion.ts";
import { longestWaiver, type Waiver, type WaiverScope, waiverExpiry } from "./waiver.ts";

/** What waivers are checked against. */
export interface WaiverPlace {
  /** Names of the suites of each cell, by cell id; null where nobody says what is expected. */
  readonly suites: ReadonlyMap<string, ReadonlySet<string>> | null;
  /** Ids of the catalogue's scenarios; null without a catalogue. */
  readonly scenarios: ReadonlySet<string> | null;
  /** UTC, ISO 8601. Absent where a plan is made again later: what was valid when the run started goes on. */
  readonly now?: string;
}

/** Waivers that came from a definition or a file, decoded, and every mistake in them. */
export function readWaivers(
  given: unknown,
  place: WaiverPlace,
): { readonly waivers: readonly Waiver[]; readonly problems: readonly Problem[] } {
  if (!Array.isArray(given)) {
    const detail = `${shown(given)} is no list.`;
    return { waivers: [], problems: [{ title: "Waivers are a list", detail, next: fields }] };
  }
  const list: readonly unknown[] = given;
  const read = list.map((one, index) => readOne(one, `waiver ${index + 1}`, place));
  const waivers = read.flatMap(({ waiver }) => (waiver === null ? [] : [waiver]));
  return { waivers, problems: [...read.flatMap(({ problems }) => problems), ...twins(waivers)] };
}

const texts = ["ticket", "approver", "reason", "expires"] as const;
const scopeTexts = ["cell", "suite", "test", "params", "scenario"] as const;
const fields = "Write { scope, ticket, approver, reason, expires } for each.";

interface Reading {
  readonly waiver: Waiver | null;
  readonly problems: readonly Problem[];
}

function readOne(given: unknown, what: string, place: WaiverPlace): Reading {
  const title = `Bad ${what}`;
  if (!isRecord(given)) {
    return { waiver: null, problems: [{ title, detail: `it is ${shown(given)}.`, next: fields }] };
  }
  const scope = given.scope;
  const problems = [...missing(title, given), ...strange(title, given, ["scope", ...texts])];
  if (!isRecord(scope)) {
    const next = "Name a test or a scenario, and its cell and suite where it is only about these.";
    return { waiver: null, problems: [...problems, { title, detail: `its scope is ${shown(scope)}.`, next }] };
  }
  problems.push(...badScope(title, scope));
  if (problems.length > 0) return { waiver: null, problems };
  // The cast is sound because every field was looked at above.
  const waiver = given as unknown as Waiver;
  return {
    waiver,
    problems: [...tooWide(title, waiver), ...badExpiry(title, waiver, place), ...unknown(title, waiver, place)],
  };
}

function missing(title: string, given: Readonly<Record<string, unknown>>): Problem[] {
  const next = {
    ticket: "Name the ticket that the failure is tracked by.",
    approver: "Name the person who decided it.",
    reason: "Say in a sentence why the product can be certified with it.",
    expires: "Give the day in UTC, such as 2026-12-31.",
  };
  return texts
    .filter((field) => typeof given[field] !== "string" || given[field].trim() === "")
    .map((field) => ({ title, detail: `its ${field} is ${shown(given[field])}.`, next: next[field] }));
}

function strange(title: string, given: object, known: readonly string[]): Problem[] {
  return Object.keys(given)
    .filter((field) => !known.includes(field))
    .map((field) => ({ title, detail: `it has the field ${shown(field)}.`, next: didYouMean(field, known) }));
}

function badScope(title: string, scope: Readonly<Record<string, unknown>>): Problem[] {
  const bad = scopeTexts
    .filter((field) => scope[field] !== undefined && (typeof scope[field] !== "string" || scope[field] === ""))
    .map((field) => ({
      title,
      detail: `${field} of its scope is ${shown(scope[field])}.`,
      next: "Give the exact name, or leave it out.",
    }));
  const { vanished } = scope;
  const right = vanished === undefined || (Number.isInteger(vanished) && Number(vanished) >= 0);
  const next = "Give the number of tests that vanished, as the certificate says it.";
  return [
    ...strange(title, scope, [...scopeTexts, "vanished"]),
    ...bad,
    ...(right ? [] : [{ title, detail: `vanished of its scope is ${shown(vanished)}.`, next }]),
  ];
}

function tooWide(title: string, { scope }: Waiver): Problem[] {
  const wild = scopeTexts.filter(
    (field) => ["cell", "suite", "scenario"].includes(field) && /[*?]/.test(scope[field] ?? ""),
  );
  const problems = wild.map((field) => ({
    title,
    detail: `${field} of its scope is the pattern ${shown(scope[field])}.`,
    next: "Patterns waive what nobody has seen yet: write one waiver for each.",
  }));
  const problem = (detail: string, next: string): void => void problems.push({ title, detail, next });
  const { test, params, scenario, suite, vanished } = scope;
  if (vanished === undefined && test === undefined && scenario === undefined)
    problem(
      `it is too wide: ${shown(scope)} names neither a test nor a scenario.`,
      "Name the test, as class and name.",
    );
  if (params !== undefined && test === undefined)
    problem("it names parameters of no test.", "Name the test that has these parameters.");
  if (vanished !== undefined && suite === undefined)
    problem("it is too wide: it accepts vanished tests of any suite.", "Name the suite that lost them.");
  if (vanished !== undefined && (test !== undefined || scenario !== undefined))
    problem("it is about failures and about vanished tests.", "Write two waivers.");
  return problems;
}

function badExpiry(title: string, { expires }: Waiver, { now }: WaiverPlace): Problem[] {
  const at = waiverExpiry(expires);
  if (at === null)
    return [
      { title, detail: `its expiry ${shown(expires)} is no date.`, next: "Give the day in UTC, such as 2026-12-31." },
    ];
  if (now === undefined) return [];
  const from = Date.parse(now);
  if (at <= from) {
    const next = "Mend what it waives, or have it approved again with a later day.";
    return [{ title, detail: `it expired at ${expires}, and it is ${now} now.`, next }];
  }
  if (at <= from + longestWaiver) return [];
  const last = new Date(from + longestWaiver).toISOString().slice(0, 10);
  const next = `Let it expire in 90 days at most, by ${last}: it can be approved again.`;
  return [{ title, detail: `it is valid for too long, until ${expires}.`, next }];
}

function unknown(title: string, { scope }: Waiver, { suites, scenarios }: WaiverPlace): Problem[] {
  const { cell, suite, scenario } = scope;
  const problems: Problem[] = [];
  if (suites !== null) {
    const own = cell === undefined ? undefined : suites.get(cell);
    if (cell !== undefined && own === undefined)
      problems.push({ title, detail: `there is no cell ${shown(cell)}.`, next: didYouMean(cell, suites.keys()) });
    const known = own ?? new Set([...suites.values()].flatMap((names) => [...names]));
    if (suite !== undefined && !known.has(suite)) {
      const where = own === undefined ? "there" : `in ${cell} there`;
      problems.push({ title, detail: `${where} is no suite ${shown(suite)}.`, next: didYouMean(suite, known) });
    }
  }
  if (scenario !== undefined && scenarios === null) {
    const next = "Give the definition its requirements, or name the test.";
    problems.push({ title, detail: `it names the scenario ${shown(scenario)}, and there is no catalogue.`, next });
  }
  if (scenario !== undefined && scenarios !== null && !scenarios.has(scenario))
    problems.push({ title, detail: `there is no scenario ${shown(scenario)}.`, next: didYouMean(scenario, scenarios) });
  return problems;
}

function twins(waivers: readonly Waiver[]): Problem[] {
  const key = ({ scope }: Waiver): string =>
    JSON.stringify([...scopeTexts, "vanished" as const].map((field) => scope[field] ?? null));
  const groups = Map.groupBy(waivers, key);
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map(([first]) => ({
      title: "Two waivers for the same",
      detail: `${shown(first?.scope satisfies WaiverScope | undefined)} is waived more than once.`,
      next: "Keep the one that holds, and leave out the others.",
    }));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
