import type { Certificate, CertifiedSuite, CertifiedTest, FailedTest } from "../certificate-document.ts";

/** A test of a suite as it counts, with what the certificate says in full where it did not simply pass. */
export interface TestRow {
  readonly suite: CertifiedSuite;
  readonly test: CertifiedTest;
  readonly failure: FailedTest | null;
  /** How it failed in attempts of the node that a later one replaced, the first one first. */
  readonly earlier: readonly FailedTest[];
  /** Whether it passed, but not at once. */
  readonly flaky: boolean;
}

/** Every test of a certificate, suite by suite, joined with its failures. */
export function* testRows(certificate: Certificate): Generator<TestRow> {
  const failures = Map.groupBy(certificate.failures, (failure) => identity(failure.node, failure.suite, failure));
  const failing = new Set(certificate.failures.map(({ node, suite }) => JSON.stringify([node, suite])));
  for (const suite of certificate.suites) {
    const has = failing.has(JSON.stringify([suite.node, suite.suite]));
    for (const test of suite.tests) {
      // Because most suites have no failure, most tests need no key.
      const all = has ? (failures.get(identity(suite.node, suite.suite, test)) ?? []) : [];
      const earlier = all.filter((one) => !one.counted).sort((left, right) => left.attempt - right.attempt);
      const flaky = test.flaky === true || (test.status === "passed" && earlier.length > 0);
      yield { suite, test, failure: all.find((one) => one.counted) ?? null, earlier, flaky };
    }
  }
}

function identity(node: string, suite: string, test: CertifiedTest | FailedTest): string {
  return JSON.stringify([node, suite, test.class, test.name, test.params ?? null, test.occurrence ?? 1]);
}

/** A test in one line as people name it, such as `agent reports memory [two nodes] #2`. */
export function testTitle({ class: group, name, params, occurrence }: CertifiedTest | FailedTest): string {
  const title = [group, name].filter((part) => part !== "").join(" ");
  const given = typeof params === "string" && params !== "" ? ` [${params}]` : "";
  return `${title}${given}${(occurrence ?? 1) === 1 ? "" : ` #${occurrence}`}`;
}

/** The cells that a suite counts for in one text; a suite that runs once for all of them is named by its node. */
export function cellsTitle({ cells, node }: CertifiedSuite): string {
  return cells.length === 0 ? node : cells.join(", ");
}
