import { expect, it } from "vitest";
import { FailureError, failureOf } from "../../../pipelines/dsl/failure.ts";

it("is of what went wrong first, when closing failed too", async () => {
  const failure = { reason: "disk-full", class: "fatal", title: "t", detail: "d", next: "n" } as const;
  const failing = async () => {
    await using _closed = { [Symbol.asyncDispose]: () => Promise.reject(new Error("cannot close")) };
    throw new FailureError(failure);
  };
  expect(failureOf(await failing().catch((error: unknown) => error))).toEqual(failure);
});
