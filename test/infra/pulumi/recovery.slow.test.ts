import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { failureOfEnd } from "../../../infra/pulumi/operation-failure.ts";
import { failureOf } from "../../../pipelines/dsl/failure.ts";
import { placeAt } from "./elsewhere-program.ts";
import { type FaultBed, faultBed } from "./fault-bed.ts";
import { killed, mustBeGivenBack, upStack } from "./fault-steps.ts";
import { printFaults, type SeenFault } from "./fault-table.ts";

/** Giving back where somebody else may be at work, where the provider refuses, and where Pulumi cannot help. */
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

test("a lock that may be alive is never broken, and nothing behind it is touched", async () => {
  const place = await upStack(bed, "locked");
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
  }
  const end = await bed.operate(place, { name: "refresh" });
  expect(failureOfEnd("aws", end)).toMatchObject({ code: "StackLocked", class: "transient" });
  expect(await bed.listed(place)).toEqual(before);
  write({ pid: 2 ** 22 - 1 });
  seen.push(await mustBeGivenBack(bed, place, { fault: "dead lock", operation: "give back", outcome: "broken" }));
});

test("on a bucket only a lock of this home is broken: another host's keeps everything as it is", async () => {
  const bucket = await bed.bucket("states");
  const place = { ...(await bed.place("on a bucket")), backend: bucket.backend };
  const outcome = await killed(bed, place, { operation: "up", who: "both" });
  const before = await bed.listed(place);
  const key = `.pulumi/locks/organization/edgecert/${place.stack}/0.json`;
  const foreign = { pid: 2 ** 22 - 1, username: "root", hostname: "elsewhere", timestamp: new Date() };
  await bucket.write(key, JSON.stringify(foreign));
  const failure = await bed.giveBack(place).catch(failureOf);
  expect(failure).toMatchObject({ reason: "stack-locked", detail: expect.stringContaining("root on elsewhere") });
  expect(await bucket.read(key)).toBe(JSON.stringify(foreign));
  expect(await bed.listed(place)).toEqual(before);
  await bucket.remove(key);
  seen.push(await mustBeGivenBack(bed, place, { fault: "kill -9, state on a bucket", operation: "up", outcome }));
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
  seen.push(
    await mustBeGivenBack(bed, place, { fault: "the same, now authorized", operation: "give back", outcome: "done" }),
  );
});

test("a provider that cannot be asked is said, and the stack is kept", async () => {
  const place = await upStack(bed, "unasked");
  const url = bed.proxy.url;
  vi.stubEnv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1");
  const unreachable = failureOf(await bed.giveBack(place, { deadlineMs: 1_500 }).catch((error: unknown) => error));
  expect(unreachable).toMatchObject({ class: "transient", code: "Unreachable" });
  vi.stubEnv("AWS_ENDPOINT_URL_EC2", url);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "");
  const nobody = failureOf(await bed.giveBack(place).catch((error: unknown) => error));
  expect(nobody).toMatchObject({ class: "configuration", detail: expect.stringContaining("may still exist") });
  vi.stubEnv("AWS_ACCESS_KEY_ID", "fake");
  vi.stubEnv("SCW_SECRET_KEY", "");
  const elsewhere = failureOf(
    await bed.giveBack(place, { tagged: placeAt("scaleway") }).catch((error: unknown) => error),
  );
  expect(elsewhere).toMatchObject({ class: "configuration", detail: expect.stringContaining("SCW_SECRET_KEY") });
  expect(existsSync(place.folder)).toBe(true);
  seen.push(
    await mustBeGivenBack(bed, place, {
      fault: "no credentials, no way",
      operation: "give back",
      outcome: "configuration",
    }),
  );
});

test.for(["half a state", "another passphrase"])("without the help of Pulumi the tags decide: %s", async (fault) => {
  const place = await upStack(bed, fault);
  if (fault === "half a state") {
    const path = join(place.backend.slice("file://".length), ".pulumi", "stacks", "edgecert", `${place.stack}.json`);
    truncateSync(path, Math.round(readFileSync(path).length / 2));
  } else vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "wrong");
  const failure = failureOfEnd("aws", await bed.operate(place, { name: "destroy" }));
  expect(failure).toMatchObject({ code: fault === "half a state" ? "BrokenState" : "WrongPassphrase" });
  seen.push(
    await mustBeGivenBack(bed, place, { fault, operation: "destroy", outcome: `${failure?.class}, ${failure?.code}` }),
  );
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
});
