import { describe, expect, it, vi } from "vitest";
import { whileItLives } from "../../../pipelines/stages/gone.ts";
import { fakeServer } from "./fake-machine.ts";

const server = fakeServer("node1", "node");
const never = new AbortController().signal;

/** Work that ends only by its signal. */
function waiting(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

describe("work on a server", () => {
  it("ends with the failure servers-lost when its place says that the server has died", async () => {
    vi.useFakeTimers();
    let died = false;
    const of = { provider: { isGone: async () => died }, signal: never, title: "the build ran" };
    const ended = expect(whileItLives(server, of, waiting)).rejects.toMatchObject({
      failure: {
        reason: "servers-lost",
        class: "lost",
        title: "A server was lost while the build ran",
        detail: "node1 has died",
      },
    });
    await vi.advanceTimersByTimeAsync(10_000);
    died = true;
    await vi.advanceTimersByTimeAsync(3_000);
    await ended;
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("goes on while its place cannot say, and ends with a cancel of the run", async () => {
    vi.useFakeTimers();
    const cancel = new AbortController();
    const broken = { isGone: () => Promise.reject(new Error("the place does not answer")) };
    for (const provider of [{}, broken]) {
      const done = whileItLives(server, { provider, signal: never, title: "x" }, async () => {
        await vi.advanceTimersByTimeAsync(10_000);
        return "done";
      });
      expect(await done).toBe("done");
    }
    const stopped = whileItLives(server, { provider: {}, signal: cancel.signal, title: "x" }, waiting);
    cancel.abort(new Error("cancelled"));
    await expect(stopped).rejects.toThrow("cancelled");
    vi.useRealTimers();
  });
});
