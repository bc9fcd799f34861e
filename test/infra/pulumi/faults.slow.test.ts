import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { failureOfEnd } from "../../../infra/pulumi/operation-failure.ts";
import type { StackPlace } from "../../../infra/pulumi/stack-place.ts";
import { placeAt, programAt } from "./elsewhere-program.ts";
import { type FaultBed, faultBed, killAll } from "./fault-bed.ts";
import { type FaultCase, faultsOfDestroy, faultsOfRefresh, faultsOfUp } from "./fault-cases.ts";
import { killed, mustBeGivenBack, on, perform, upStack } from "./fault-steps.ts";
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
  vi.unstubAllEnvs();
  await bed?.[Symbol.asyncDispose]();
  console.log(`\n${printFaults(seen)}\n`);
});

/** Makes the fault at its operation, and holds the failure against the table. */
async function meet(place: StackPlace, one: FaultCase): Promise<Pick<SeenFault, "fault" | "operation" | "outcome">> {
  bed.clouds.world.change({ rules: [{ ...one.rule, on: on[one.operation] }] });
  const failure = failureOfEnd("aws", await perform(bed, place, one.operation));
  bed.clouds.world.change({});
  const { fault, operation, class: kind, code = "", elsewhere = null } = one;
  if (kind === null) expect(failure).toBeNull();
  else expect(failure, fault).toMatchObject({ class: kind, code, elsewhere, provider: "aws" });
  return { fault, operation, outcome: kind === null ? "done" : `${kind}, ${code}` };
}

test.for(faultsOfUp)("$fault at $operation", async (one) => {
  const place = await bed.place(one.fault);
  seen.push(await mustBeGivenBack(bed, place, await meet(place, one)));
});

test("faults of refresh, and kill -9 in the middle of one", async () => {
  const place = await upStack(bed, "refreshed");
  for (const one of faultsOfRefresh) seen.push({ ...(await meet(place, one)), seconds: null, left: "kept" });
  const outcome = await killed(bed, place, { operation: "refresh", who: "both" });
  seen.push(await mustBeGivenBack(bed, place, { fault: "kill -9 of both", operation: "refresh", outcome }));
});

test("faults of destroy, one after another", async () => {
  const place = await upStack(bed, "destroyed");
  const rows = [];
  for (const one of faultsOfDestroy) rows.push(await meet(place, one));
  seen.push(...rows.slice(0, -1).map((row) => ({ ...row, seconds: null, left: "kept" })));
  for (const row of rows.slice(-1)) seen.push(await mustBeGivenBack(bed, place, row));
});

test.for([
  ["child", "up"],
  ["pulumi", "up"],
  ["both", "destroy"],
] as const)("kill -9 of %s in the middle of %s", async ([who, operation]) => {
  const run = `killed ${who} ${operation}`;
  const place = operation === "up" ? await bed.place(run) : await upStack(bed, run);
  const outcome = await killed(bed, place, { operation, who });
  seen.push(await mustBeGivenBack(bed, place, { fault: `kill -9 of ${who}`, operation, outcome }));
});

test.for(["up", "give back"] as const)("kill -9 of us and of all below us in the middle of %s", async (work) => {
  const place = await bed.place(`all killed ${work}`);
  if (work === "give back") expect(await bed.up(place)).toMatchObject({ outcome: "done" });
  const call = { type: "Instance", on: work === "up" ? "create" : "delete" } as const;
  bed.clouds.world.change({ rules: [{ ...call, does: "hold" }] });
  const ours = bed.ours(place, work);
  await bed.clouds.world.arrived({ ...call, name: `${place.stack}-1` });
  await killAll(ours, place);
  bed.clouds.world.change({});
  seen.push(await mustBeGivenBack(bed, place, { fault: "kill -9 of all", operation: work, outcome: "resumed" }));
});

test.for([
  ["scaleway", "Server", "refuse", "out_of_stock", "capacity", "out_of_stock", "zone"],
  ["scaleway", "Server", "lose-reply", "", "transient", "Connection", null],
  ["equinix-metal", "Device", "refuse", "NoCapacity", "capacity", "NoCapacity", "zone"],
  ["equinix-metal", "Device", "lose-reply", "", "transient", "Connection", null],
] as const)("at %s a %s meets %s %s", async ([provider, type, does, word, kind, code, elsewhere]) => {
  const place = await bed.place(`${provider} ${does}`);
  bed.clouds.world.change({ rules: [{ type, does, ...(word === "" ? {} : { code: word }), times: "always" }] });
  const end = await bed.operate(place, { name: "up", program: programAt(provider, place) });
  expect(failureOfEnd(provider, end)).toMatchObject({ class: kind, code, elsewhere, provider });
  bed.clouds.world.change({});
  const { run, node } = place;
  const tagged = placeAt(provider);
  const machines = (await tagged.list({ run, node })).filter((one) => /device|server/.test(one.kind));
  expect(machines).toHaveLength(does === "lose-reply" ? 1 : 0);
  const began = Date.now();
  await bed.giveBack(place, { tagged });
  expect(await tagged.list({ run, node })).toEqual([]);
  const seconds = (Date.now() - began) / 1000;
  seen.push({ fault: `${provider}: ${does}`, operation: "up", outcome: `${kind}, ${code}`, seconds, left: "0" });
});

test("two that give back at once, after a kill, both succeed", async () => {
  const place = await bed.place("twice");
  const outcome = await killed(bed, place, { operation: "up", who: "both" });
  const [first] = await Promise.all([bed.giveBack(place), bed.giveBack(place)]);
  expect(first.length).toBeGreaterThan(0);
  seen.push(
    await mustBeGivenBack(bed, place, { fault: "kill -9 of both, then two at once", operation: "up", outcome }),
  );
});
