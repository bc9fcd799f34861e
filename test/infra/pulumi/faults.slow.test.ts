import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { failureOfEnd } from "../../../infra/pulumi/operation-failure.ts";
import type { StackPlace } from "../../../infra/pulumi/stack-place.ts";
import { failureOf } from "../../../pipelines/dsl/failure.ts";
import { type FaultBed, faultBed, killAll, killOperation } from "./fault-bed.ts";
import { answeredFaults, type FaultCase } from "./fault-cases.ts";
import { printFaults, type SeenFault } from "./fault-table.ts";

/**
 * Each fault at each operation over the real engine, with one promise: afterwards nothing of the run is listed by the
 * provider, or it is named as leaked. What was seen is printed as a table.
 */
let bed: FaultBed;
const seen: SeenFault[] = [];

beforeAll(async () => {
  bed = await faultBed();
}, 1_200_000);
beforeEach(() => {
  bed.clouds.world.change({});
  bed.proxy.refuse("", 0, {});
});
afterAll(async () => {
  await bed?.[Symbol.asyncDispose]();
  console.log(`\n${printFaults(seen)}\n`);
});

/** Gives the stack back and notes the row; nothing may be left, nor a trace of the stack. */
async function mustBeGivenBack(place: StackPlace, row: Pick<SeenFault, "fault" | "operation" | "outcome">) {
  const began = Date.now();
  await bed.giveBack(place);
  const seconds = (Date.now() - began) / 1000;
  const left = await bed.listed(place);
  seen.push({ ...row, seconds, left: `${left.length}` });
  expect(left).toEqual([]);
  expect(existsSync(place.folder)).toBe(false);
  expect(stateOf(place)).toEqual([]);
}

/** Names of the files of a stack's state and locks. */
function stateOf({ backend, stack }: StackPlace): string[] {
  const root = join(backend.slice("file://".length), ".pulumi");
  const locks = join(root, "locks", "organization", "edgecert", stack);
  const stacks = join(root, "stacks", "edgecert");
  return [
    ...(existsSync(stacks) ? readdirSync(stacks).filter((name) => name === `${stack}.json`) : []),
    ...(existsSync(locks) ? readdirSync(locks) : []),
  ];
}

async function perform(place: StackPlace, operation: FaultCase["operation"]) {
  return operation === "up" ? bed.up(place) : bed.operate(place, { name: operation });
}

const on = { up: "create", refresh: "read", destroy: "delete" } as const;

test.for(answeredFaults)("$fault at $operation", async (one) => {
  const place = await bed.place(`${one.fault} ${one.operation}`);
  if (one.operation !== "up") expect(await bed.up(place)).toMatchObject({ outcome: "done" });
  bed.clouds.world.change({ rules: [{ ...one.rule, on: on[one.operation] }] });
  const failure = failureOfEnd("aws", await perform(place, one.operation));
  if (one.class === null) expect(failure).toBeNull();
  else
    expect(failure).toMatchObject({
      class: one.class,
      code: one.code,
      elsewhere: one.elsewhere ?? null,
      provider: "aws",
    });
  bed.clouds.world.change({});
  const outcome = one.class === null ? "done" : `${one.class}, ${one.code}`;
  await mustBeGivenBack(place, { fault: one.fault, operation: one.operation, outcome });
});

test.for([
  ["child", "up"],
  ["pulumi", "up"],
  ["both", "up"],
  ["both", "refresh"],
  ["both", "destroy"],
] as const)("kill -9 of %s in the middle of %s", async ([who, operation]) => {
  const place = await bed.place(`killed ${who} ${operation}`);
  if (operation !== "up") await bed.up(place);
  bed.clouds.world.change({ rules: [{ type: "Instance", does: "hold", on: on[operation] }] });
  const end = perform(place, operation);
  await bed.clouds.world.arrived({ type: "Instance", name: `${place.stack}-1`, on: on[operation] });
  await killOperation(place, who);
  // What was asked of the cloud is done there, though nobody waits for the answer.
  bed.clouds.world.change({});
  const { outcome } = await end;
  expect(outcome).toBe(who === "pulumi" ? "failed" : "crashed");
  await mustBeGivenBack(place, { fault: `kill -9 of ${who}`, operation, outcome });
});

test.for(["up", "give back"] as const)("kill -9 of us and of all below us in the middle of %s", async (work) => {
  const place = await bed.place(`all killed ${work}`);
  if (work === "give back") await bed.up(place);
  const call = { type: "Instance", on: work === "up" ? "create" : "delete" } as const;
  bed.clouds.world.change({ rules: [{ ...call, does: "hold" }] });
  const ours = bed.ours(place, work);
  await bed.clouds.world.arrived({ ...call, name: `${place.stack}-1` });
  await killAll(ours, place);
  bed.clouds.world.change({});
  await mustBeGivenBack(place, { fault: "kill -9 of all", operation: work, outcome: "resumed" });
});

test("two that give back at once, after a kill, both succeed", async () => {
  const place = await bed.place("twice");
  bed.clouds.world.change({ rules: [{ type: "Instance", does: "hold" }] });
  const end = bed.up(place);
  await bed.clouds.world.arrived({ type: "Instance", name: `${place.stack}-1` });
  await killOperation(place, "both");
  bed.clouds.world.change({});
  await end;
  const [first] = await Promise.all([bed.giveBack(place), bed.giveBack(place)]);
  expect(first.length).toBeGreaterThan(0);
  await mustBeGivenBack(place, { fault: "kill -9 of both", operation: "two at once", outcome: "crashed" });
});

test("a lock that may be alive is never broken, and nothing behind it is touched", async () => {
  const place = await bed.place("locked");
  await bed.up(place);
  const before = await bed.listed(place);
  const folder = join(
    place.backend.slice("file://".length),
    ".pulumi",
    "locks",
    "organization",
    "edgecert",
    place.stack,
  );
  const write = (holder: object): string => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, "0.json");
    const own = { pid: process.pid, username: userInfo().username, hostname: hostname(), timestamp: new Date() };
    writeFileSync(path, JSON.stringify({ ...own, ...holder }));
    return path;
  };
  const holders = [{}, { hostname: "elsewhere", pid: 2 ** 22 - 1 }, { username: "somebody", pid: 2 ** 22 - 1 }];
  for (const holder of holders) {
    const path = write(holder);
    const failure = await bed.giveBack(place).catch(failureOf);
    expect(failure).toMatchObject({ reason: "stack-locked", class: "transient" });
    expect(failure).toHaveProperty("detail", expect.stringContaining(`process ${{ pid: process.pid, ...holder }.pid}`));
    expect(readFileSync(path, "utf8")).toContain('"pid"');
    const end = await bed.operate(place, { name: "refresh" });
    expect(failureOfEnd("aws", end)).toMatchObject({ code: "StackLocked", class: "transient" });
  }
  expect(await bed.listed(place)).toEqual(before);
  write({ pid: 2 ** 22 - 1 });
  await mustBeGivenBack(place, { fault: "dead lock", operation: "give back", outcome: "broken" });
});

test("what cannot be given back is named, and the stack stays until it is", async () => {
  const place = await bed.place("leaked");
  bed.clouds.world.change({ rules: [{ type: "Instance", does: "lose-reply" }] });
  await bed.up(place);
  bed.clouds.world.change({});
  bed.proxy.refuse("UnauthorizedOperation", 403, { TerminateInstances: 1_000 });
  const began = Date.now();
  const failure = failureOf(await bed.giveBack(place, { deadlineMs: 10_000 }).catch((error: unknown) => error));
  const left = await bed.listed(place);
  seen.push({
    fault: "not authorized to terminate",
    operation: "give back",
    outcome: `${failure.class}, ${failure.reason}`,
    seconds: (Date.now() - began) / 1000,
    left: `${left.length}, each named`,
  });
  expect(failure.reason).toBe("leaked-resources");
  expect(left.map(({ kind }) => kind)).toContain("instance");
  for (const { id, kind } of left) expect(failure.detail).toContain(`${kind} ${id}`);
  expect(failure.detail).toMatch(/UnauthorizedOperation/);
  expect(existsSync(place.folder)).toBe(true);
  bed.proxy.refuse("", 0, {});
  await mustBeGivenBack(place, { fault: "the same, now authorized", operation: "give back", outcome: "done" });
});

test("a provider that cannot be asked is said, and the stack is kept", async () => {
  const place = await bed.place("unasked");
  await bed.up(place);
  const url = bed.proxy.url;
  vi.stubEnv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1");
  const unreachable = failureOf(await bed.giveBack(place, { deadlineMs: 1_500 }).catch((error: unknown) => error));
  expect(unreachable).toMatchObject({ class: "transient", code: "Unreachable" });
  vi.stubEnv("AWS_ENDPOINT_URL_EC2", url);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "");
  const nobody = failureOf(await bed.giveBack(place).catch((error: unknown) => error));
  expect(nobody).toMatchObject({ class: "configuration", detail: expect.stringContaining("may still exist") });
  vi.stubEnv("AWS_ACCESS_KEY_ID", "fake");
  expect(existsSync(place.folder)).toBe(true);
  await mustBeGivenBack(place, { fault: "no credentials, no way", operation: "give back", outcome: "configuration" });
});

test.for(["half a state", "another passphrase"])("without the help of Pulumi the tags decide: %s", async (fault) => {
  const place = await bed.place(fault);
  await bed.up(place);
  if (fault === "half a state") {
    const path = join(place.backend.slice("file://".length), ".pulumi", "stacks", "edgecert", `${place.stack}.json`);
    truncateSync(path, Math.round(readFileSync(path).length / 2));
  } else vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "wrong");
  const failure = failureOfEnd("aws", await bed.operate(place, { name: "destroy" }));
  expect(failure).toMatchObject({ code: fault === "half a state" ? "BrokenState" : "WrongPassphrase" });
  await mustBeGivenBack(place, { fault, operation: "destroy", outcome: `${failure?.class}, ${failure?.code}` });
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
});
