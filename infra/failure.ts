import type { Failure } from "../pipelines/dsl/failure.ts";

/** How infra throws an expected failure. The engine recognises it by the `failure` it carries. */
export class InfraError extends Error {
  override readonly name = "InfraError";
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.title}: ${failure.detail}`, options);
    this.failure = failure;
  }
}

/** The failure that an error carries, or one of class `fatal` for an error that nobody expected. */
export function failureBehind(error: unknown): Failure {
  if (error instanceof InfraError) return error.failure;
  const message = error instanceof Error ? error.message : String(error);
  return {
    reason: "unexpected-error",
    class: "fatal",
    title: message,
    detail: error instanceof Error ? (error.stack ?? message) : message,
    next: "This is a defect of edgecert: report it with the detail above.",
  };
}
