import type { Failure } from "../../pipelines/dsl/failure.ts";
import { failureOfErrors } from "./diagnostics.ts";
import { operationCrashed, operationStopped } from "./failures.ts";
import { endingOf } from "./message.ts";
import type { OperationEnd } from "./operation.ts";

/**
 * The failure behind an operation's end: null where it did what it was asked, and where there is no stack to work on.
 * `secrets` are values that must not be shown.
 */
export function failureOfEnd(
  provider: string,
  end: OperationEnd,
  secrets: readonly string[] = [],
): (Failure & { readonly code?: string | null }) | null {
  switch (end.outcome) {
    case "done":
      return null;
    case "stopped":
      return operationStopped(end.why);
    case "crashed":
      return operationCrashed(end.how, failureOfErrors(provider, [{ message: end.message }], secrets).detail);
    case "failed": {
      if (end.why === "no-stack") return null;
      if (end.failure !== null) return end.failure;
      const errors = end.diagnostics.filter(({ severity }) => severity === "error");
      // What Pulumi prints at its end repeats the diagnostics; without any it is all there is.
      return failureOfErrors(provider, errors.length > 0 ? errors : [{ message: endingOf(end.message) }], secrets);
    }
  }
}
