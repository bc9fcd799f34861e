import type { Certificate, FailedTest } from "../certificate-document.ts";
import type { TestAttempt } from "../results.ts";
import type { Verdict } from "../verdict.ts";
import { cellWords, duration, plural, size } from "../wording.ts";
import type { BlockedText } from "./block.ts";
import { excerpt, isCut } from "./excerpt.ts";
import { fileLink, type LinkView, statusMark } from "./mark.ts";

/** What failed in the same words: one test in some cells, or several tests. */
export interface FailureView {
  /** Whether its name has to be said: not where the cause itself is named after it. */
  readonly named: boolean;
  /** Whether its trace is unfolded: that of the first is enough to begin with. */
  readonly open: boolean;
  /** Whether its texts stand only in the compressed block, under `key`. */
  readonly short: boolean;
  /** Names its texts in the compressed block; empty where all of them are open in the page. */
  readonly key: string;
  readonly mark: Verdict;
  readonly name: string;
  readonly group: string;
  readonly meta: string;
  readonly broke: boolean;
  readonly waiver: string;
  readonly gist: string;
  readonly message: string;
  readonly details: string;
  readonly lines: string;
  readonly stdout: string;
  readonly attempts: readonly AttemptView[];
  readonly properties: readonly { readonly name: string; readonly value: string }[];
  readonly files: readonly LinkView[];
  /** What a filter asks for: ids of cells, the suite, how it ended. */
  readonly facts: { readonly cells: string; readonly suite: string; readonly status: string };
  readonly places: readonly {
    readonly anchor: string;
    readonly mark: Verdict;
    /** Said where several tests failed in the same words. */
    readonly test: string;
    readonly cell: string;
    readonly note: string;
    readonly took: string;
  }[];
}

interface AttemptView {
  readonly mark: Verdict;
  readonly words: string;
  readonly took: string;
  readonly message: string;
  readonly text: string;
}

/** How failures that are the same in message, trace and output are shown. */
export interface FailureForm {
  readonly named: boolean;
  readonly open: boolean;
  readonly short: boolean;
  readonly cells: ReadonlyMap<string, readonly string[]>;
}

/** The view of failures that are the same in message, trace and output. */
export function failureView(
  tests: readonly [FailedTest, ...FailedTest[]],
  form: FailureForm,
  certificate: Certificate,
): FailureView {
  const [first] = tests;
  const { named, open, short } = form;
  const message = first.message || (first.status === "passed" ? "" : "The test failed without a message.");
  const several = new Set(tests.map(testWords)).size;
  const one = several === 1;
  const cells = [...new Set(tests.flatMap((test) => form.cells.get(test.node) ?? []))];
  return {
    named: (named && one) || short,
    open,
    short,
    key: short || textsOf(first).some(isCut) ? first.anchor : "",
    mark: first.status === "passed" ? "passed-with-retries" : "failed",
    name: one ? first.name : plural(several, "test"),
    group: one ? [first.class, first.params ?? ""].filter((part) => part !== "").join(" ") : "",
    meta: meta(first, { named: named || short || !one, place: one }),
    broke: first.status === "error",
    waiver: first.waiver ?? "",
    gist: gist(message || first.details),
    message: short ? "" : excerpt(message),
    details: short ? "" : excerpt(first.details),
    lines: plural(first.details.split("\n").length, "line"),
    stdout: short ? "" : excerpt(first.stdout),
    attempts: short ? [] : (first.attempts ?? []).map(attemptView),
    properties: first.properties ?? [],
    files: filesOf(first),
    facts: {
      cells: cells.join(" "),
      suite: first.suite,
      status: first.status === "passed" ? "flaky" : "failed",
    },
    places: tests.map((test) => ({
      anchor: test.anchor,
      mark: test.status === "passed" ? ("passed-with-retries" as const) : statusMark[test.status],
      test: one ? "" : testWords(test),
      cell: cellWords(test.scope, certificate.titles) || "Whole run",
      note: placeNote(test, one),
      took: test.durationMs === null ? "" : duration(test.durationMs),
    })),
  };
}

/** Characters that the failure brings to the page when it stands there in full. */
export function weight(test: FailedTest): number {
  return textsOf(test).reduce((sum, text) => sum + Math.min(text.length, 17_000), 0);
}

/** The texts of a failure as the compressed block holds them. */
export function blockedText(test: FailedTest): BlockedText {
  const attempts = (test.attempts ?? []).map((attempt, index) => {
    const { words } = attemptView(attempt, index);
    return [words, attempt.message, attempt.details, attempt.stdout].filter((text) => text !== "").join("\n");
  });
  return { message: test.message, details: test.details, stdout: [test.stdout, ...attempts].join("\n").trim() };
}

function textsOf({ message, details, stdout, attempts = [] }: FailedTest): readonly string[] {
  return [message, details, stdout, ...attempts.flatMap((one) => [one.message, one.details, one.stdout])];
}

function testWords({ class: group, name, params }: FailedTest): string {
  return [group, name, params ?? ""].filter((part) => part !== "").join(" ");
}

function atWords({ location }: FailedTest): string {
  return location === null ? "" : `${location.file}${location.line === null ? "" : `:${location.line}`}`;
}

function meta(first: FailedTest, { named, place }: { readonly named: boolean; readonly place: boolean }): string {
  return [named ? "" : first.class, `suite ${first.suite}`, first.framework, place ? atWords(first) : ""]
    .filter((part) => part !== "")
    .join(" · ");
}

/** The first line that says something, short enough for a row. */
function gist(text: string): string {
  const line = text.split("\n", 20).find((one) => one.trim() !== "") ?? "";
  return line.length <= 160 ? line.trim() : `${line.slice(0, 159).trim().toWellFormed()}…`;
}

function attemptView(attempt: TestAttempt, index: number): AttemptView {
  return {
    mark: statusMark[attempt.status],
    words: `Attempt ${index + 1} ${attempt.status === "error" ? "broke" : attempt.status}`,
    took: attempt.durationMs === null ? "" : duration(attempt.durationMs),
    message: excerpt(attempt.message),
    text: excerpt([attempt.details, attempt.stdout].filter((text) => text !== "").join("\n\n")),
  };
}

const keptWords = { message: "whole message", details: "whole trace", stdout: "whole output" } as const;

function filesOf({ attachments = [], kept = [] }: FailedTest): readonly LinkView[] {
  return [
    ...kept.map(({ of, path, bytes }) => fileLink(`${keptWords[of]}, ${size(bytes)}`, path)),
    ...attachments.map(({ name, path }) => fileLink(name || (path.split("/").at(-1) ?? path), path)),
  ];
}

function placeNote(test: FailedTest, one: boolean): string {
  const occurrence = test.occurrence > 1 ? `occurrence ${test.occurrence}` : "";
  const attempt = test.attempt > 1 || !test.counted ? `attempt ${test.attempt}` : "";
  const note = [occurrence, attempt, test.counted ? "" : "not counted", one ? "" : atWords(test)];
  return note.filter((part) => part !== "").join(", ");
}
