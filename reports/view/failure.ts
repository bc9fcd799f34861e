import type { Certificate, FailedTest } from "../certificate-document.ts";
import type { Verdict } from "../verdict.ts";
import { cellWords, duration, plural } from "../wording.ts";
import { statusMark } from "./mark.ts";

/** A failed test in full, once for all places where it failed in the same words. */
export interface FailureView {
  /** Whether its name has to be said: not where the cause itself is named after it. */
  readonly named: boolean;
  /** Whether its trace is unfolded: that of the first is enough to begin with. */
  readonly open: boolean;
  readonly name: string;
  readonly group: string;
  readonly meta: string;
  readonly broke: boolean;
  readonly message: string;
  readonly details: string;
  readonly lines: string;
  readonly stdout: string;
  readonly places: readonly {
    readonly anchor: string;
    readonly mark: Verdict;
    readonly cell: string;
    readonly note: string;
    readonly took: string;
  }[];
}

/** The view of failures that are the same in name, message, trace and output. */
export function failureView(
  tests: readonly FailedTest[],
  { named, open }: Pick<FailureView, "named" | "open">,
  certificate: Certificate,
): FailureView {
  const [first] = tests;
  const location = first?.location ?? null;
  const at = location === null ? "" : `${location.file}${location.line === null ? "" : `:${location.line}`}`;
  const details = first?.details ?? "";
  return {
    named,
    open,
    name: first?.name ?? "",
    group: [first?.class ?? "", first?.params ?? ""].filter((part) => part !== "").join(" "),
    meta: [named ? "" : (first?.class ?? ""), `suite ${first?.suite ?? ""}`, first?.framework ?? "", at]
      .filter((part) => part !== "")
      .join(" · "),
    broke: first?.status === "error",
    message: first?.message || "The test failed without a message.",
    details,
    lines: plural(details.split("\n").length, "line"),
    stdout: first?.stdout ?? "",
    places: tests.map((test) => ({
      anchor: test.anchor,
      mark: statusMark[test.status],
      cell: cellWords(test.scope, certificate.titles) || "Whole run",
      note: placeNote(test),
      took: test.durationMs === null ? "" : duration(test.durationMs),
    })),
  };
}

function placeNote(test: FailedTest): string {
  const occurrence = test.occurrence > 1 ? `occurrence ${test.occurrence}` : "";
  const attempt = test.attempt > 1 || !test.counted ? `attempt ${test.attempt}` : "";
  return [occurrence, attempt, test.counted ? "" : "not counted"].filter((part) => part !== "").join(", ");
}
