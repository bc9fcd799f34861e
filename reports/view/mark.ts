import type { TestStatus } from "../results.ts";
import type { Verdict } from "../verdict.ts";

/** What a cause is marked by: its verdict, or that all of it is waived. */
export type CauseMark = Verdict | "waived";

/** The mark of a cause: one that is passed is one whose failures are waived. */
export function causeMark(verdict: Verdict): CauseMark {
  return verdict === "passed" ? "waived" : verdict;
}

/** The verdict in words, as a legend says it. */
export const verdictWords: Readonly<Record<Verdict, string>> = {
  failed: "failed",
  inconclusive: "inconclusive",
  "not-run": "not run",
  "passed-with-retries": "passed with retries",
  passed: "passed",
  "not-applicable": "not applicable",
};

/** The mark of a single test: a test that broke has the mark of one that failed, a skipped one a dash. */
export const statusMark: Readonly<Record<TestStatus, Verdict>> = {
  passed: "passed",
  failed: "failed",
  error: "failed",
  skipped: "not-applicable",
};

/** A link to a file with its words. */
export interface LinkView {
  readonly words: string;
  /** Null where the file cannot be linked: then the words stand alone. */
  readonly href: string | null;
  /** Whether the file is only offered to be saved: a browser that opened it might run what stands in it. */
  readonly download: boolean;
}

/** A link to a file of the run's folder: relative, every part of it encoded, never upwards. */
export function fileLink(words: string, path: string): LinkView {
  return { words, href: fileHref(path), download: !opened.test(path) };
}

/** Because a browser shows these without running anything, whatever stands in them. */
const opened = /\.(txt|log|json|jsonl|ndjson|csv|md|tap|png|jpe?g|gif|webp)$/i;

/** Null for an absolute path, one with a scheme and one that leaves the folder. */
function fileHref(path: string): string | null {
  const parts = path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) return null;
  return `./${parts.map(encodeURIComponent).join("/")}`;
}
