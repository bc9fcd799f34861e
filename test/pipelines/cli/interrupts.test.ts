import { afterEach, describe, expect, it, vi } from "vitest";
import { catchInterrupts } from "../../../pipelines/cli/interrupts.ts";

afterEach(() => vi.restoreAllMocks());

/** An engine that notes what it is told, with what was said on standard error. */
function watched(refusal?: Error) {
  const told: string[] = [];
  const said: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
  const interrupts = catchInterrupts({
    async cancel(run, reason) {
      told.push(`${run}: ${reason}`);
      if (refusal !== undefined) throw refusal;
    },
    async owed() {
      if (refusal !== undefined) throw refusal;
      return ["undo:servers"];
    },
  });
  return { interrupts, told, said };
}

describe("an interrupt", () => {
  it("that comes before the run has a name cancels it as soon as it has", () => {
    const { interrupts, told } = watched();
    using _ = interrupts;
    process.emit("SIGINT", "SIGINT");
    expect(told).toEqual([]);
    interrupts.watch("run-1");
    expect(told).toEqual(["run-1: interrupted by SIGINT"]);
  });

  it("cancels once, and is then told what is still owed", async () => {
    const { interrupts, told, said } = watched();
    using _ = interrupts;
    interrupts.watch("run-1");
    process.emit("SIGTERM", "SIGTERM");
    process.emit("SIGINT", "SIGINT");
    await vi.waitFor(() => expect(said.join("")).toContain("still giving back: undo:servers"));
    expect(told).toEqual(["run-1: interrupted by SIGTERM"]);
  });

  it("says why where the run cannot be reached", async () => {
    const { interrupts, said } = watched(new Error("the database is gone"));
    using _ = interrupts;
    interrupts.watch("run-1");
    process.emit("SIGHUP", "SIGHUP");
    process.emit("SIGHUP", "SIGHUP");
    await vi.waitFor(() => {
      expect(said.join("")).toContain("could not be cancelled: the database is gone. Try: edgecert cancel run-1");
      expect(said.join("")).toContain("what is still owed cannot be read: the database is gone.");
    });
  });

  it("is nobody's business any more afterwards", () => {
    const before = process.listenerCount("SIGINT");
    watched().interrupts[Symbol.dispose]();
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});
