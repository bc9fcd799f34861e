import type { Plan } from "../pipelines/dsl/plan-document.ts";
import type { Certificate, CertifiedSuite, CertifiedTest } from "./certificate-document.ts";
import { testKey } from "./flaky.ts";
import type { CertifiedMeasure } from "./measures.ts";
import type { SuiteResult } from "./results.ts";
import type { SealedCertificate } from "./seal.ts";
import { testWords } from "./wording.ts";

/** What a suite of one node was when it was last green: what it must hold again. */
export interface Baseline {
  readonly run: string;
  readonly digest: string;
  readonly finishedAt: string | null;
  /** Keys of its tests, see {@link testKey}, with their names. */
  readonly tests: ReadonlyMap<string, string>;
  readonly measures: readonly CertifiedMeasure[];
}

/** Baselines by {@link suiteKey}. */
export type Baselines = ReadonlyMap<string, Baseline>;

/** Names a suite of a node. */
export function suiteKey(node: string, suite: string): string {
  return JSON.stringify([node, suite]);
}

/** Gathers baselines from earlier certificates, the newest first. */
export interface BaselineSearch {
  /** Takes what a certificate says of suites that have no baseline yet. One of another pipeline has nothing to say. */
  add(sealed: SealedCertificate): void;
  /** Whether every suite of the plan has its baseline, so that no older certificate has to be read. */
  complete(): boolean;
  readonly found: Baselines;
}

/** Looks for the most recent green result of each suite that a plan expects. */
export function baselineSearch(plan: Plan): BaselineSearch {
  const found = new Map<string, Baseline>();
  const open = new Map(
    plan.nodes.flatMap((node) => node.suites.map(({ name }) => [suiteKey(node.id, name), { node, suite: name }])),
  );
  return {
    found,
    complete: () => open.size === 0,
    add({ certificate, digest }) {
      // Because a reproduced cell never counts, neither does what it was compared with.
      if (certificate.pipeline !== plan.pipeline || certificate.reproduces !== undefined) return;
      for (const [key, { node, suite }] of open) {
        const past = pastSuite(certificate, { node: node.id, scope: node.cell, suite });
        if (past === undefined || !(past.verdict === "passed" || past.verdict === "passed-with-retries")) continue;
        found.set(key, baselineOf(past, certificate, digest));
        open.delete(key);
      }
    },
  };
}

function baselineOf(suite: CertifiedSuite, certificate: Certificate, digest: string): Baseline {
  const { run, finishedAt, measures } = certificate;
  const tests = new Map(suite.tests.map((test) => [certifiedKey(test), testWords(test)]));
  const own = measures.filter((one) => one.node === suite.node && one.suite === suite.suite);
  return { run, digest, finishedAt, tests, measures: own };
}

/** The key of a test of a certificate. */
export function certifiedKey({ class: group, name, params, occurrence }: CertifiedTest): string {
  return testKey({ class: group, name, params: params ?? null, occurrence: occurrence ?? 1 });
}

/**
 * The suite of an earlier certificate that is the same: of the same node, or where its stage has another name since, the
 * only one of that name for the same cells.
 */
export function pastSuite(
  certificate: Certificate,
  of: { readonly node: string; readonly scope: Readonly<Record<string, string>>; readonly suite: string },
): CertifiedSuite | undefined {
  const named = certificate.suites.filter(({ suite }) => suite === of.suite);
  const same = named.find(({ node }) => node === of.node);
  if (same !== undefined) return same;
  const alike = named.filter(({ scope }) => sameScope(scope, of.scope));
  return alike.length === 1 ? alike[0] : undefined;
}

function sameScope(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  const axes = Object.keys(left);
  return axes.length === Object.keys(right).length && axes.every((axis) => left[axis] === right[axis]);
}

/** The tests of a baseline that a result does not hold, by name, in the baseline's order. */
export function vanishedTests(baseline: Baseline | null, result: SuiteResult): readonly string[] {
  if (baseline === null) return [];
  const present = new Set(result.tests.map(testKey));
  return [...baseline.tests].flatMap(([key, name]) => (present.has(key) ? [] : [name]));
}
