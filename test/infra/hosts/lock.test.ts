import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { withLock, withSlot } from "../../../infra/hosts/lock.ts";

const never = new AbortController().signal;

test("one holder at a time, and a failure lets go", async () => {
  const name = randomUUID();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = withLock(name, never, async () => {
    order.push("first in");
    await gate.promise;
    order.push("first out");
    throw new Error("failed");
  });
  const second = withLock(name, never, async () => order.push("second in"));
  gate.resolve();
  await expect(first).rejects.toThrow("failed");
  await second;
  expect(order).toEqual(["first in", "first out", "second in"]);
});

test("as many holders as slots", async () => {
  const name = randomUUID();
  let inside = 0;
  let most = 0;
  const both = Promise.withResolvers<void>();
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    if (inside === 2) both.resolve();
    await both.promise;
    inside -= 1;
  };
  await Promise.all([1, 2, 3, 4].map(() => withSlot(name, 2, never, work)));
  expect(most).toBe(2);
});

test("an aborted waiter leaves with the reason", async () => {
  const name = randomUUID();
  const stop = new AbortController();
  const gate = Promise.withResolvers<void>();
  const holder = withLock(name, never, () => gate.promise);
  const waiter = withLock(name, stop.signal, async () => "never");
  stop.abort(new Error("no longer wanted"));
  await expect(waiter).rejects.toThrow("no longer wanted");
  gate.resolve();
  await holder;
});

test("a holder that is killed lets go", async () => {
  const name = randomUUID();
  const lock = fileURLToPath(new URL("../../../infra/hosts/lock.ts", import.meta.url));
  const script = `const { withLock } = await import(${JSON.stringify(lock)});
    await withLock(${JSON.stringify(name)}, new AbortController().signal, async () => {
      console.log("held");
      await new Promise(() => setInterval(() => {}, 1000));
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const waiter = withLock(name, never, async () => "mine");
  child.kill("SIGKILL");
  await expect(waiter).resolves.toBe("mine");
});
