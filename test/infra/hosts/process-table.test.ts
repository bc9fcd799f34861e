import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { identityOf, isAlive, killTagged, ownIdentity, taggedProcesses } from "../../../infra/hosts/process-table.ts";
import { encodeTags } from "../../../infra/tags.ts";

const script = "console.log('up'); setInterval(() => {}, 1000)";

async function tagged(id: string) {
  const word = `type=11,value=${encodeTags({ id })}`;
  const child = spawn(process.execPath, ["-e", script, word], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  return child;
}

test("a tagged process is found by its command line and killed; killing it again is success", async () => {
  const child = await tagged(`test-${process.pid}-a`);
  const found = taggedProcesses().find((one) => one.tags.get("id") === `test-${process.pid}-a`);
  expect(found?.pid).toBe(child.pid);
  if (found === undefined) return;
  await killTagged(found);
  expect(isAlive(found)).toBe(false);
  await killTagged(found);
});

test("another process under a reused pid is left alone", async () => {
  const child = await tagged(`test-${process.pid}-b`);
  const found = taggedProcesses().find((one) => one.tags.get("id") === `test-${process.pid}-b`);
  if (found === undefined) throw new Error("the child was not found");
  await killTagged({ ...found, startTime: "1" });
  await killTagged({ ...found, tags: new Map([["id", "other"]]) });
  expect(isAlive(found)).toBe(true);
  child.kill("SIGKILL");
  await once(child, "close");
});

test("this process lives, and no process has pid 0", () => {
  expect(isAlive(ownIdentity())).toBe(true);
  expect(identityOf(0)).toBeUndefined();
});
