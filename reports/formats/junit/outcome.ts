import type { ReadTest, TestStatus } from "../../results.ts";
import type { Attributes } from "./xml-events.ts";

/** One outcome of a test: a test may have several, and the worst counts. */
export interface Outcome {
  readonly status: TestStatus;
  readonly message: string;
}

/** From the best to the worst: of several outcomes of one test the worst is its status. */
const order: readonly TestStatus[] = ["passed", "skipped", "failed", "error"];

/** The worse of two. */
export function worse(left: TestStatus, right: TestStatus): TestStatus {
  return order.indexOf(left) >= order.indexOf(right) ? left : right;
}

/** Whether it is a failure of either kind. */
export function isRed(status: TestStatus): boolean {
  return status === "failed" || status === "error";
}

/** What stands inside a test and says how it ended. */
export const outcomeElements: Readonly<Record<string, TestStatus>> = {
  failure: "failed",
  error: "error",
  skipped: "skipped",
  ignored: "skipped",
  disabled: "skipped",
};

/**
 * How an element inside a test says that it ended, in whatever case it is written; null where it says nothing of it. A
 * word for a bad end that no writer is known to use is believed all the same: what is not read would be green.
 */
export function outcomeElement(name: string): TestStatus | null {
  if (Object.hasOwn(outcomeElements, name)) return outcomeElements[name] ?? null;
  const word = name.toLowerCase();
  if (Object.hasOwn(outcomeElements, word)) return outcomeElements[word] ?? null;
  const bad = (["failed", "error"] as const).find((status) => words[status]?.includes(word));
  return bad ?? null;
}

/** Surefire's and Gradle's words for an attempt that was repeated: the test passed at last, or never did. */
export const attemptElements: Readonly<
  Record<string, { readonly status: "failed" | "error"; readonly final: TestStatus }>
> = {
  flakyFailure: { status: "failed", final: "passed" },
  flakyError: { status: "error", final: "passed" },
  rerunFailure: { status: "failed", final: "failed" },
  rerunError: { status: "error", final: "failed" },
};

const words: Readonly<Record<string, readonly string[]>> = {
  passed: [
    "passed",
    "pass",
    "success",
    "successful",
    "ok",
    "run",
    "completed",
    "complete",
    "expected-failure",
    "xfail",
  ],
  skipped: ["skipped", "skip", "ignored", "disabled", "notrun", "not run", "suppressed", "pending", "todo", "untested"],
  failed: ["failed", "fail", "failure", "xpass", "unexpected-success"],
  error: ["error", "errored", "broken", "undefined", "crashed", "timeout", "interrupted", "aborted", "incomplete"],
};

/** What an attribute `status` or `result` says; null where the word is not known. */
function statusOf(word: string): TestStatus | null {
  const said = word.trim().toLowerCase();
  return order.find((status) => words[status]?.includes(said)) ?? null;
}

/**
 * What the attributes `status` and `result` of a test say beyond its elements (GoogleTest, behave, TestNG and others say
 * there what others say by an element): the worse of both counts.
 */
export function attributeOutcomes(
  attributes: Attributes,
  outcomes: readonly Outcome[],
  remark: (sentence: string) => void,
): readonly Outcome[] {
  const more: Outcome[] = [];
  for (const key of ["status", "result"]) {
    const word = attributes[key] ?? "";
    if (word.trim() === "") continue;
    const status = statusOf(word);
    const said = `${key}="${word.slice(0, 100)}"`;
    if (status === null) remark(`What ${said} says of the test "${attributes.name?.slice(0, 200)}" is not known.`);
    else if (status !== "passed" && ![...outcomes, ...more].some((one) => worse(one.status, status) === one.status)) {
      more.push({ status, message: isRed(status) ? `The file says ${said} and gives no reason.` : "" });
    }
  }
  return more;
}

/**
 * Whether the second of two neighbours is the tear-down of the first: pytest writes a test whose call failed, and whose
 * tear-down broke as well, as two cases of the same name.
 */
export function isTeardownOf(test: ReadTest, next: ReadTest): boolean {
  return (
    test.name === next.name &&
    test.class === next.class &&
    isRed(test.status) &&
    next.status === "error" &&
    next.message.startsWith("failed on teardown")
  );
}

/** One test of the call and the tear-down that broke after it: nothing of either is lost. */
export function withTeardown(test: ReadTest, teardown: ReadTest): ReadTest {
  const kept = [...(test.kept ?? []), ...(teardown.kept ?? [])];
  const times = [test.durationMs, teardown.durationMs].filter((ms) => ms !== null);
  return {
    ...teardown,
    ...test,
    status: worse(test.status, teardown.status),
    durationMs: times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0),
    message: both(test.message, teardown.message),
    details: both(test.details, teardown.details),
    stdout: both(test.stdout, teardown.stdout === test.stdout ? "" : teardown.stdout),
    ...(kept.length > 0 ? { kept } : {}),
  };
}

function both(first: string, second: string): string {
  return [first, second].filter((text) => text !== "").join("\n");
}
