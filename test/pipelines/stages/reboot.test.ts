import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { failureOf } from "../../../pipelines/dsl/failure.ts";
import { rebootServer } from "../../../pipelines/stages/reboot.ts";
import { type FakeMachine, fakeMachine, fakeServer } from "./fake-machine.ts";
import { type Recorded, recordedContext } from "./stage-context.ts";

let root: string;
let recorded: Recorded;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-reboot-"));
  recorded = recordedContext({ root });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A server that answers each look at its boot with the next of these ids. */
function bootsOf(...ids: readonly string[]): FakeMachine {
  let look = 0;
  return fakeMachine(fakeServer("node1", "node"), (command) => {
    if (command === "systemctl reboot") return new Error("the connection was lost");
    if (command.includes("boot_id")) return { stdout: `${ids[Math.min(look++, ids.length - 1)]}\n` };
    return undefined;
  });
}

it("waits for another boot, however long the old one answers, and is told as an event", async () => {
  const machine = bootsOf("old", "old", "old", "new");
  await rebootServer(machine, recorded.ctx, { reach: () => machine.connect() });
  expect(recorded.events).toMatchObject([
    { host: "node1", body: { type: "server.rebooted", data: { server: "node1", id: "test-node1" } } },
  ]);
  expect(machine.commands.filter(({ command }) => command === "systemctl reboot")).toHaveLength(1);
  expect(machine.commands.at(-1)?.command).toContain("> /var/lib/edgecert/asked-boot");
});

it("ends the stage when no other boot answers in time", async () => {
  const machine = bootsOf("old");
  const work = rebootServer(machine, recorded.ctx, { timeoutMs: 700, reach: () => machine.connect() });
  const failure = failureOf(
    await work.then(
      () => "it came back",
      (error: unknown) => error,
    ),
  );
  expect(failure).toMatchObject({ reason: "not-rebooted", class: "lost" });
  expect(recorded.events).toEqual([]);
});
