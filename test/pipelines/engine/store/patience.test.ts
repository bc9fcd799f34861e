import { describe, expect, it, vi } from "vitest";
import { patiently } from "../../../../pipelines/engine/store/patience.ts";

const coded = (code: string) => Object.assign(new Error("refused"), { code });

/** Every form in which a lost database shows itself in node-postgres. */
const losses: readonly (readonly [string, Error])[] = [
  ["a socket that nobody listens on", coded("ECONNREFUSED")],
  ["a server that ends", coded("57P01")],
  ["a connection that failed", coded("08006")],
  ["a connection that was cut", new Error("Connection terminated unexpectedly")],
  ["a client that lost it before", new Error("Client has encountered a connection error and is not queryable")],
  ["a launch that met one of these", Object.assign(new Error("Failed to initialize"), { error: coded("57P01") })],
  ["an error that was caused by one", new Error("no", { cause: coded("57P03") })],
];

describe("work on the database", () => {
  it.each(losses)("is done again after %s, and knows that it may have been done", async (_what, loss) => {
    vi.useFakeTimers();
    const seen: boolean[] = [];
    const done = patiently(async (again) => {
      seen.push(again);
      if (seen.length < 3) throw loss;
      return "stored";
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(await done).toBe("stored");
    expect(seen).toEqual([false, true, true]);
    vi.useRealTimers();
  });

  it("is given up after a minute, with what was wrong", async () => {
    vi.useFakeTimers();
    const ended = expect(patiently(() => Promise.reject(coded("ECONNREFUSED")))).rejects.toThrow("refused");
    await vi.advanceTimersByTimeAsync(70_000);
    await ended;
    vi.useRealTimers();
  });

  it("is not done again where the connection is not what failed", async () => {
    let calls = 0;
    const wrong = () => {
      calls += 1;
      return Promise.reject(coded("23505"));
    };
    await expect(patiently(wrong)).rejects.toThrow("refused");
    expect(calls).toBe(1);
  });
});
