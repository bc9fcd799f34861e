import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { isDeadLock, locksIn, type Machine, thisMachine } from "../../../infra/pulumi/stack-lock.ts";
import { stackPlace } from "../../../infra/pulumi/stack-place.ts";
import { refuseLivingLocks } from "../../../infra/pulumi/unlock.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-lock-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** As Pulumi 3.250 prints it, with two locks. */
const refusal = `error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://states?region=us-west-2&awssdk=v2/.pulumi/locks/organization/edgecert/prod/ec3a6b52.json: created by root@ip-10-0-42-235.us-west-2.compute.internal (pid 478) at 2024-05-16T20:31:35Z
  file:///home/a b/.pulumi/locks/organization/edgecert/x/bf4d21ea.json: created by DOMAIN\\some one@11c69fa22edb (pid 42) at 2025-09-23T15:21:31+02:00`;

test("Pulumi's refusal names who holds the stack, and since when", () => {
  expect(locksIn(`${refusal}\n${refusal}`)).toEqual([
    {
      where: "s3://states?region=us-west-2&awssdk=v2/.pulumi/locks/organization/edgecert/prod/ec3a6b52.json",
      user: "root",
      host: "ip-10-0-42-235.us-west-2.compute.internal",
      pid: 478,
      since: "2024-05-16T20:31:35.000Z",
    },
    {
      where: "file:///home/a b/.pulumi/locks/organization/edgecert/x/bf4d21ea.json",
      user: "DOMAIN\\some one",
      host: "11c69fa22edb",
      pid: 42,
      since: "2025-09-23T13:21:31.000Z",
    },
  ]);
  expect(locksIn("error: something else (pid 12) at noon")).toEqual([]);
});

const since = "2026-11-24T12:00:00Z";
const at = Date.parse(since);
const lock = { user: "me", host: "here", pid: 7, since, where: "x" };
const machine = (began: number | undefined, over: Partial<Machine> = {}): Machine => ({
  user: "me",
  host: "here",
  startOf: () => began,
  ...over,
});

test.for([
  ["its process is gone", machine(undefined), true],
  ["its number went to a process that began a minute later", machine(at + 60_000), true],
  ["its process began before it", machine(at - 500), false],
  ["its process began at its time, by clocks that differ a little", machine(at + 3_000), false],
  ["another host's, of which nobody here can say", machine(undefined, { host: "there" }), false],
  ["another user's on this host", machine(undefined, { user: "root" }), false],
] as const)("a lock is dead or may be alive: %s", ([, on, dead]) => {
  expect(isDeadLock(lock, on)).toBe(dead);
});

test("this process holds a lock that it took now, and none that is older than itself", () => {
  const own = { ...lock, user: userInfo().username, host: hostname(), pid: process.pid };
  expect(isDeadLock({ ...own, since: new Date().toISOString() })).toBe(false);
  expect(isDeadLock(own)).toBe(true);
  const began = thisMachine.startOf(process.pid) ?? 0;
  expect(Math.abs(began - (Date.now() - process.uptime() * 1000))).toBeLessThan(3_000);
});

test("on a state that machines share, a lock is ours only where an operation of this home was broken off", async () => {
  const place = await stackPlace(home, { run: "r", node: "n" }, { EDGECERT_PULUMI_STATE: "s3://states" });
  const said = (pid: number, host = hostname()) =>
    `  s3://states/.pulumi/locks/a.json: created by ${userInfo().username}@${host} (pid ${pid}) at ${since}`;
  const dead = 2 ** 22 - 1;
  const before = new Date(at - 1_000);
  expect(() => refuseLivingLocks(place, said(dead), before)).not.toThrow();
  expect(() => refuseLivingLocks(place, said(dead), undefined)).toThrow(/held by another process/);
  expect(() => refuseLivingLocks(place, said(dead), new Date(at + 60_000))).toThrow(/since 2026-11-24T12:00:00/);
  expect(() => refuseLivingLocks(place, said(dead, "elsewhere"), before)).toThrow(/on elsewhere, process 4194303/);
  expect(() => refuseLivingLocks(place, "locked, and nobody says by whom", before)).toThrow(/does not name/);
});
