import type { TestStatus } from "../results.ts";
import { type Fields, textIn } from "./json-text.ts";

const assertions = /ExpectationNotMet|MultipleExpectations|PendingExampleFixed|^$/;

/** Because RSpec calls every exception a failure: only an expectation that did not hold is a failed assertion. */
export function statusOfException(exception: Fields): Extract<TestStatus, "failed" | "error"> {
  return assertions.test(textIn(exception, "class")) ? "failed" : "error";
}

/** What an exception says; its class is named unless it is an expectation that did not hold. */
export function messageOfException(exception: Fields): string {
  const kind = textIn(exception, "class");
  const message = textIn(exception, "message").trim();
  return statusOfException(exception) === "failed" ? message || kind : `${kind}: ${message}`;
}

/** The frames of an exception, one a line; empty where it has none. */
export function backtraceOfException(exception: Fields): string {
  const backtrace = exception.get("backtrace");
  return Array.isArray(backtrace) ? backtrace.filter((frame) => typeof frame === "string").join("\n") : "";
}
