import type { Certificate } from "../certificate-document.ts";
import type { SealedCertificate } from "../seal.ts";
import type { Verdict } from "../verdict.ts";

/**
 * What a history needs of one certificate: some kilobytes, whatever its size. Lists hold the first of what they say and
 * `more` how many they leave out.
 */
export interface RunSummary {
  readonly v: 1;
  readonly digest: string;
  readonly run: string;
  readonly pipeline: string;
  readonly product: string;
  readonly verdict: Verdict;
  /** `Certified: all 6 cells passed`. */
  readonly headline: string;
  /** UTC, ISO 8601; null where the record does not say it. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly cells: readonly { readonly id: string; readonly verdict: Verdict }[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Tests that failed and count, by {@link testLine}. */
  readonly failing: Listed;
  /** Tests that ended differently in attempts of one cell. */
  readonly flaky: Listed;
  readonly slowest: readonly { readonly test: string; readonly ms: number }[];
  /** Averages over the groups of servers that were tested on; null where there were none. */
  readonly readiness: { readonly provisionMs: number; readonly configureMs: number } | null;
}

export interface Listed {
  readonly tests: readonly string[];
  readonly more: number;
}

/** Tests of one list that a summary names, and tests that it calls slow. */
const limits = { listed: 300, slowest: 20 } as const;

/** What a history needs to know of a certificate. */
export function summaryOf({ certificate, digest }: SealedCertificate): RunSummary {
  const { product, cells, headline, readiness } = certificate;
  const sum = (count: (cell: Certificate["cells"][number]) => number) =>
    cells.reduce((all, cell) => all + count(cell), 0);
  return {
    v: 1,
    digest,
    run: certificate.run,
    pipeline: certificate.pipeline,
    product: [product.name, product.version ?? ""].filter((part) => part !== "").join(" "),
    verdict: certificate.verdict,
    headline: `${headline.lead}: ${headline.rest}`,
    startedAt: certificate.startedAt,
    finishedAt: certificate.finishedAt,
    cells: cells.map(({ id, verdict }) => ({ id, verdict })),
    passed: sum(({ tests }) => tests.passed),
    failed: sum(({ tests }) => tests.failed + tests.error),
    skipped: sum(({ tests }) => tests.skipped),
    failing: failingOf(certificate),
    flaky: flakyOf(certificate),
    slowest: slowestOf(certificate),
    readiness: readiness.length === 0 ? null : averages(readiness),
  };
}

/** A test in one line that is the same in every certificate of a pipeline: cell, suite, class and name. */
export function testLine(
  where: string,
  suite: string,
  test: { readonly class: string; readonly name: string },
): string {
  return JSON.stringify([where, suite, test.class, test.name]);
}

function failingOf({ failures, axes }: Certificate): Listed {
  const counted = failures.filter((test) => test.counted && test.status !== "passed");
  return listed(counted.map((test) => testLine(scopeWords(test.scope, axes), test.suite, test)));
}

function flakyOf({ suites, failures, axes }: Certificate): Listed {
  const marked = suites.flatMap((suite) =>
    suite.tests
      .filter((test) => test.flaky === true)
      .map((test) => testLine(scopeWords(suite.scope, axes), suite.suite, test)),
  );
  const passed = failures.filter((test) => test.status === "passed");
  return listed([...marked, ...passed.map((test) => testLine(scopeWords(test.scope, axes), test.suite, test))]);
}

function listed(lines: readonly string[]): Listed {
  const all = [...new Set(lines)].sort();
  return { tests: all.slice(0, limits.listed), more: Math.max(0, all.length - limits.listed) };
}

function slowestOf({ suites, axes }: Certificate): RunSummary["slowest"] {
  let slowest: { readonly test: string; readonly ms: number }[] = [];
  let least = 0;
  for (const suite of suites) {
    for (const test of suite.tests) {
      if ((test.durationMs ?? 0) <= least) continue;
      slowest.push({ test: testLine(scopeWords(suite.scope, axes), suite.suite, test), ms: test.durationMs ?? 0 });
      if (slowest.length < 4 * limits.slowest) continue;
      slowest = slowest.sort((left, right) => right.ms - left.ms).slice(0, limits.slowest);
      least = slowest.at(-1)?.ms ?? 0;
    }
  }
  return slowest.sort((left, right) => right.ms - left.ms).slice(0, limits.slowest);
}

/** The part of a cell that a node runs for, by the axes of the plan: the order of an object's names says nothing. */
function scopeWords(scope: Readonly<Record<string, string>>, axes: Certificate["axes"]): string {
  return axes.flatMap(({ name }) => scope[name] ?? []).join("/");
}

function averages(readiness: Certificate["readiness"]): NonNullable<RunSummary["readiness"]> {
  const mean = (of: (one: Certificate["readiness"][number]) => number) =>
    Math.round(readiness.reduce((sum, one) => sum + of(one), 0) / readiness.length);
  return { provisionMs: mean((one) => one.provisionMs), configureMs: mean((one) => one.configureMs) };
}
