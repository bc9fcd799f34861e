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
