import type { Certificate } from "../certificate-document.ts";
import { visibleText } from "../visible-text.ts";
import { cellsTitle, testRows } from "./test-rows.ts";

type Field = string | number | null;

/** Every test as a line of RFC 4180, one per suite that it ran in. */
export function* testsCsv(certificate: Certificate): Generator<string> {
  yield line([
    ..."cell suite format class name parameters occurrence status flaky milliseconds cause waiver message".split(" "),
  ]);
  for (const { suite, test, failure, flaky } of testRows(certificate)) {
    const { class: group, name, params = null, occurrence = 1, status, durationMs } = test;
    const what = [cellsTitle(suite), suite.suite, suite.format, group, name, params, occurrence];
    const how = [status, flaky ? "flaky" : "", durationMs, failure?.cause ?? "", failure?.waiver ?? ""];
    yield line([...what, ...how, failure?.message ?? test.note ?? ""]);
  }
}

/**
 * Requirement coverage as lines of RFC 4180: one per requirement, scenario and cell. `state` is `covered`, `gap` for a
 * requirement without scenario or a scenario without test, `orphan` for a
 * test, in place of the scenario's title, that names a scenario which the catalogue does not have.
 */
export function* coverageCsv({ coverage }: Certificate): Generator<string> {
  yield line(
    "state component requirement requirement-title requirement-verdict scenario scenario-title scenario-verdict cell cell-verdict tests".split(
      " ",
    ),
  );
  if (coverage === null) return;
  const scenarios = new Map(coverage.scenarios.map((one) => [one.id, one]));
  const told = new Set<string>();
  for (const { id, title, component, scenarios: ids, verdict } of coverage.requirements) {
    const requirement = [component, id, title, verdict];
    if (ids.length === 0) yield line(["gap", ...requirement, "", "", "", "", "", 0]);
    for (const scenario of ids) {
      told.add(scenario);
      yield* scenarioLines(requirement, scenario, scenarios.get(scenario));
    }
  }
  for (const one of coverage.scenarios) if (!told.has(one.id)) yield* scenarioLines(["", "", "", ""], one.id, one);
  for (const { scenario, suite, test } of coverage.orphans) {
    yield line(["orphan", "", "", "", "", scenario, `${suite} ${test}`, "", "", "", 1]);
  }
}

type Scenario = NonNullable<Certificate["coverage"]>["scenarios"][number];

function* scenarioLines(requirement: readonly string[], id: string, found: Scenario | undefined): Generator<string> {
  const scenario = [id, found?.title ?? "", found?.verdict ?? "not-run"];
  const cells = found?.cells ?? [];
  if (cells.length === 0) yield line(["gap", ...requirement, ...scenario, "", "", 0]);
  for (const { cell, verdict, tests } of cells) {
    yield line(["covered", ...requirement, ...scenario, cell, verdict, tests]);
  }
}

function line(fields: readonly Field[]): string {
  return `${fields.map(written).join(",")}\r\n`;
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe in front, also behind spaces: what a test
 * printed must not be computed by whoever opens the file.
 */
function written(field: Field): string {
  if (typeof field !== "string") return field === null ? "" : String(field);
  const text = visibleText(field);
  const safe = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
