import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeReply, encodeCall, type XmlRpcValue } from "../../../infra/providers/opennebula/xml-rpc.ts";
import { type FakeOpenNebula, methodsOf, startFakeOpenNebula } from "./server.ts";

let fake: FakeOpenNebula;
beforeAll(async () => {
  fake = await startFakeOpenNebula({ version: "6.10.0" });
});
afterAll(() => fake[Symbol.asyncDispose]());

async function call(method: string, ...parameters: readonly XmlRpcValue[]) {
  const response = await fetch(fake.xmlRpc, { method: "POST", body: encodeCall(method, parameters) });
  const reply = decodeReply(await response.text());
  if (reply.kind === "fault") return [reply.code, reply.text];
  if (!Array.isArray(reply.value)) throw new Error("not a list");
  return reply.value.slice(0, 3);
}

const oneadmin = "oneadmin:oneadmin-password";
const engineer = "engineer:engineer-password";
const right = { int: 0, string: "", boolean: false } as const;
const wrong = { int: "0", string: 0, boolean: 1 } as const;
const methods = [...methodsOf({ version: "6.10.0" })];

describe.each(methods)("%s of the fake", (name, { takes, needs }) => {
  const words = takes.map((type): XmlRpcValue => right[type]);

  test("refuses what xmlrpc-c refuses, and more parameters than any version knows", async () => {
    if (needs > 0)
      expect(await call(name, oneadmin, ...words.slice(0, needs - 1))).toEqual([-501, "Not enough parameters"]);
    expect(await call(name)).toEqual([-501, "Not enough parameters"]);
    expect(await call(name, 7)).toEqual([-501, "Parameter that is supposed to be string is not"]);
    for (const [index, type] of takes.entries()) {
      const bad = words.with(index, wrong[type]);
      const kind = type === "int" ? "integer" : type;
      expect(await call(name, oneadmin, ...bad)).toEqual([-501, `Parameter that is supposed to be ${kind} is not`]);
    }
    expect(await call(name, oneadmin, ...words, "more")).toEqual([
      -501,
      expect.stringContaining("no version knows more"),
    ]);
  });

  test("refuses whoever it does not know", async () => {
    const refusal = [false, `[${name}] User couldn't be authenticated, aborting call.`, 0x0100];
    expect(await call(name, "oneadmin:wrong", ...words)).toEqual(refusal);
    expect(await call(name, "nobody:", ...words)).toEqual(refusal);
  });
});

test("there are as many methods as the client calls, and those of 6.2 are not in 6.0", async () => {
  expect(methods.length).toBeGreaterThan(70);
  expect([...methodsOf({ version: "6.0.0" }).keys()].filter((name) => name.includes("sched"))).toEqual([]);
  expect(await call("one.vm.sched", oneadmin)).toEqual([-506, "Method 'one.vm.sched' not defined"]);
});

test("it refuses states, as OpenNebula does, under its code and with its words", async () => {
  await call("one.host.allocate", oneadmin, "h", "kvm", "kvm", -1);
  const vm = 'NAME = "v"\nCPU = 1\nMEMORY = 128';
  const [, id] = await call("one.vm.allocate", oneadmin, vm, true);
  const act = (action: string) => call("one.vm.action", oneadmin, action, Number(id));
  const refused = (action: string, state: string) => [
    false,
    `[one.vm.action] Error performing action "${action}": This action is not available for state ${state}`,
    0x0800,
  ];
  expect(await act("resume")).toEqual(refused("resume", "HOLD"));
  expect(await act("hold")).toEqual(refused("hold", "HOLD"));
  expect(await act("nonsense")).toEqual([false, "[one.vm.action] Wrong state to perform action: nonsense", 0x0800]);
  expect(await act("release")).toEqual([true, id, 0]);
  await expect.poll(async () => (await act("poweroff-hard"))[0]).toBe(true);
  expect(await act("poweroff-hard")).toEqual(refused("poweroff-hard", "POWEROFF"));
  expect(await act("terminate-hard")).toEqual([true, id, 0]);
  await expect.poll(() => act("resume")).toEqual(refused("resume", "DONE"));
  expect(await act("terminate-hard")).toEqual([true, id, 0]);
  expect(await call("one.vm.info", engineer, Number(id))).toEqual([
    false,
    "[one.vm.info] User [2] : Not authorized to perform USE VM [0].",
    0x0200,
  ]);
  expect(await call("one.cluster.delete", oneadmin, 0)).toEqual([
    false,
    expect.stringContaining("Cluster 0 is not empty"),
    0x0800,
  ]);
  expect(await call("one.vm.allocate", oneadmin, "CPU = [", false)).toEqual([
    false,
    expect.stringContaining("Parse error"),
    0x2000,
  ]);
  expect(await call("one.host.allocate", oneadmin, "h", "kvm", "kvm", -1)).toEqual([
    false,
    expect.stringContaining("NAME is already taken by HOST 0"),
    0x4000,
  ]);
  expect(await call("one.host.allocate", oneadmin, "i", "kvm", "kvm", 77)).toEqual([
    false,
    "[one.host.allocate] Error getting cluster [77].",
    0x0400,
  ]);
});

test("it keeps ten tokens at most, and forgets what has expired", async () => {
  const login = (seconds: number) => call("one.user.login", engineer, "engineer", "", seconds, -1);
  for (let index = 0; index < 10; index += 1) expect((await login(60))[0]).toBe(true);
  expect(await login(60)).toEqual([false, "[one.user.login] Max number of tokens limit reached.", 0x2000]);
  fake.world.ahead = 120;
  expect((await login(60))[0]).toBe(true);
});

test("what is no call of XML-RPC is a fault of parsing", async () => {
  const response = await fetch(fake.xmlRpc, { method: "POST", body: "<!DOCTYPE a><a/>" });
  expect(decodeReply(await response.text())).toMatchObject({ kind: "fault", code: -503 });
});
