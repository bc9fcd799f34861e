import type { ResultFormat } from "../pipelines/dsl/request.ts";

/** How one test ended. `failed` is an assertion that did not hold, `error` a test that broke before it could tell. */
export type TestStatus = "passed" | "failed" | "error" | "skipped";

/** Where a test stands in its source, as its framework says it. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number | null;
}

/** A name with a value, as a suite or a test reports it. Names may repeat. */
export interface Property {
  readonly name: string;
  readonly value: string;
}

/** A file that a test names as belonging to it. `path` is as the test wrote it: untrusted. */
export interface Attachment {
  readonly name: string;
  readonly path: string;
}

/** A number that a suite reports about itself, such as requests per second. `better` says which way is up. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  /** As the suite writes it, such as `ns/op`, `req/s`, `ms`; empty for a plain number. */
  readonly unit: string;
  readonly better: "higher" | "lower" | "neither";
}

/** An attempt of a test that its own framework replaced by a later one, such as Surefire's reruns. */
export interface TestAttempt {
  readonly status: TestStatus;
  readonly durationMs: number | null;
  readonly message: string;
  readonly details: string;
  readonly stdout: string;
}

/** A text that was too long to be shown whole: where all of it was kept, relative to the folder of the report. */
export interface KeptText {
  readonly of: "message" | "details" | "stdout";
  readonly path: string;
  /** Of the whole text, in UTF-8. */
  readonly bytes: number;
}

/**
 * One test as a reader of `reports/formats` found it: not yet bound to a cell and a suite. Texts are capped, not cleaned;
 * output of a test that passed stays in the result file. What most tests do not have is absent.
 */
export interface ReadTest {
  /** The framework's grouping: a Python `module.Class`, the outer descriptions of an RSpec example. May be empty. */
  readonly class: string;
  readonly name: string;
  /** Parameters of a parametrised test or sub-test as text; null where there are none. */
  readonly params: string | null;
  readonly status: TestStatus;
  /** Milliseconds; null where the file does not say it clearly. */
  readonly durationMs: number | null;
  /** What went wrong or why it was skipped, in one or a few lines; empty where nothing is to be said. */
  readonly message: string;
  /** Stack trace or longer explanation; empty where there is none. */
  readonly details: string;
  /** Captured output; empty where the framework captures none. */
  readonly stdout: string;
  readonly location: SourceLocation | null;
  /** Attempts before the one that counts, the first one first. A test that passed after one that did not is flaky. */
  readonly attempts?: readonly TestAttempt[];
  readonly properties?: readonly Property[];
  readonly attachments?: readonly Attachment[];
  readonly measures?: readonly Measure[];
  readonly kept?: readonly KeptText[];
}

/** What a reader makes of one file: all that can be read, and why the file must not be trusted, or null. */
export interface ReadResults {
  readonly framework: string;
  readonly tests: readonly ReadTest[];
  /** One sentence, with the offset in bytes where one is known. A damaged file never makes a suite green. */
  readonly damaged: string | null;
  /** Remarks that change no verdict, one sentence each. */
  readonly remarks: readonly string[];
  /** What the file says about the suite as a whole. */
  readonly properties?: readonly Property[];
  readonly measures?: readonly Measure[];
  /** Output that belongs to no single test; only where some test failed. */
  readonly stdout?: string;
  readonly kept?: readonly KeptText[];
}

/**
 * What makes two results the same test. Results of different cells never merge. `cell` is the part of the node id
 * after `@` (empty for a stage that runs once); `occurrence` counts equal names inside one suite, from 1.
 */
export interface TestIdentity {
  readonly cell: string;
  readonly suite: string;
  readonly framework: string;
  readonly class: string;
  readonly name: string;
  readonly params: string | null;
  readonly occurrence: number;
}

/** One test of one attempt. */
export interface TestResult extends ReadTest, TestIdentity {}

/** The evidence of one suite in one attempt of one node. Nothing is overwritten: every attempt has its own. */
export interface SuiteResult {
  readonly node: string;
  readonly attempt: number;
  readonly cell: string;
  readonly suite: string;
  readonly format: ResultFormat;
  readonly framework: string;
  /** Null where it is not known how the suite's process ended. */
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** The `suite.finished` event that this was read from. */
  readonly seq: number;
  readonly files: readonly string[];
  readonly log: string | null;
  /** Why this evidence must not be trusted, or null. */
  readonly damaged: string | null;
  readonly remarks: readonly string[];
  readonly properties?: readonly Property[];
  readonly measures?: readonly Measure[];
  /** Output of the suite itself, where some test failed. */
  readonly stdout?: string;
  readonly kept?: readonly KeptText[];
  readonly tests: readonly TestResult[];
}

/** Characters shown of a text: names and classes, messages, traces, captured output. */
export const textLimits = { name: 4_096, message: 65_536, details: 262_144, stdout: 262_144 } as const;

/** The text, or its beginning and end around a sentence that says how much was left out. */
export function capped(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const half = Math.floor(limit / 2);
  const left = text.length - 2 * half;
  return `${text.slice(0, half)}\n... ${left} characters left out ...\n${text.slice(-half)}`.toWellFormed();
}

/** Gives each test its cell, suite and occurrence: equal names stay apart, in the order of the file. */
export function identified(
  tests: readonly ReadTest[],
  of: { readonly cell: string; readonly suite: string; readonly framework: string },
): readonly TestResult[] {
  const seen = new Map<string, number>();
  return tests.map((test) => {
    const key = JSON.stringify([test.class, test.name, test.params]);
    const occurrence = (seen.get(key) ?? 0) + 1;
    seen.set(key, occurrence);
    return { ...test, ...of, occurrence };
  });
}
