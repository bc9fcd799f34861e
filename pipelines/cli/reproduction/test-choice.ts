import type { Certificate, CertifiedTest } from "../../../reports/certificate-document.ts";
import type { TestLimit } from "../../dsl/plan-document.ts";
import { closest } from "../../dsl/suggestion.ts";
import { UsageError } from "../exit.ts";

/**
 * The test of a cell that a person names as the certificate does: `class name`, or the name alone where one test has it.
 * Of several the one that failed. A UsageError where none is meant, or more than one.
 */
export function findTest(certificate: Certificate, cell: string, named: string): TestLimit {
  const tests = certificate.suites
    .filter(({ cells }) => cells.includes(cell))
    .flatMap(({ suite, tests }) => tests.map((test) => ({ suite, test })));
  const found = distinct(tests.filter(({ test }) => isNamed(test, named)));
  const failed = found.filter(({ test }) => test.status === "failed" || test.status === "error");
  const [only, ...others] = found.length > 1 && failed.length > 0 ? failed : found;
  if (only === undefined)
    throw unknown(
      named,
      tests.flatMap(({ test }) => [test.name, full(test)]),
    );
  if (others.length > 0) {
    const list = [only, ...others].map(({ suite, test }) => `${suite}: ${full(test)}`).slice(0, 10);
    throw new UsageError("Several tests are called so", JSON.stringify(named), `choose one of\n  ${list.join("\n  ")}`);
  }
  return { suite: only.suite, class: only.test.class, name: only.test.name };
}

interface FoundTest {
  readonly suite: string;
  readonly test: CertifiedTest;
}

/** Because a framework selects by name, tests that differ in parameters or occurrence are one. */
function distinct(found: readonly FoundTest[]): readonly FoundTest[] {
  return [...Map.groupBy(found, ({ suite, test }) => JSON.stringify([suite, test.class, test.name])).values()].flatMap(
    (group) => group.find(({ test }) => test.status === "failed" || test.status === "error") ?? group[0] ?? [],
  );
}

function isNamed(test: CertifiedTest, named: string): boolean {
  return [test.name, full(test), `${test.class}.${test.name}`, `${test.class}#${test.name}`].includes(named);
}

function full({ class: group, name }: CertifiedTest): string {
  return group === "" ? name : `${group} ${name}`;
}

function unknown(named: string, known: readonly string[]): UsageError {
  const meant = closest(named, known);
  const next = meant === undefined ? "see the tests in the certificate" : `did you mean ${JSON.stringify(meant)}?`;
  return new UsageError("No such test", `the cell has no test ${JSON.stringify(named)}`, next);
}
