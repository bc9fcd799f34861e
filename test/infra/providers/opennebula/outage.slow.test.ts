import { afterEach, expect, test } from "vitest";
import { openNebulaCaller } from "../../../../infra/providers/opennebula/caller.ts";
import { openNebula } from "../../../../infra/providers/opennebula/open-nebula.ts";
import type { OpenNebulaOptions } from "../../../../infra/providers/opennebula/place.ts";
import { openNebulaProvider } from "../../../../infra/providers/opennebula/provider.ts";
import { sessionPlace } from "../../../../infra/providers/opennebula/session.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import type { Owner } from "../../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../../pipelines/dsl/request.ts";
import { type PreparedFake, preparedFake } from "../../../fakes/opennebula/prepared.ts";
import { livingVms } from "../../../fakes/opennebula/world.ts";

const prepared: PreparedFake[] = [];
afterEach(async () => {
  for (const one of prepared.splice(0)) await one[Symbol.asyncDispose]();
});

const signal = () => AbortSignal.timeout(60_000);
const io = (notes: string[] = []) => ({ signal: signal(), note: (text: string) => notes.push(text), ready() {} });
const owner: Owner = { run: "r1", node: "servers@a", attempt: 1, token: 3, expiresAt: "2040-01-01T00:00:00.000Z" };
const request = (name: string, more: Partial<ServerRequest> = {}): ServerRequest => ({
  ...{ name, role: "node", os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
  ...more,
});

async function start(times: OpenNebulaOptions = {}) {
  const one = await preparedFake();
  prepared.push(one);
  const { environment, home, fake } = one;
  const calls = { pauseMs: 10, patienceMs: 20_000 };
  const provider = openNebulaProvider({ home, environment, pollMs: 20, endDeadlineMs: 5000, calls, ...times });
  const engineer = openNebula(openNebulaCaller(await sessionPlace(environment)), signal());
  return { ...one, provider, engineer, script: fake.script, world: fake.world };
}

test("servers come up although the front-end goes away and comes back in the middle", async () => {
  const { provider, script, world } = await start();
  const work = provider.provision([request("a"), request("b")], owner, io());
  await expect.poll(() => livingVms(world).length, { timeout: 20_000 }).toBe(2);
  script.always = "refuse";
  const called = script.calls.length;
  await expect.poll(() => livingVms(world).every(({ lcm }) => lcm === 3), { timeout: 20_000 }).toBe(true);
  script.requests.push("cut", "election", "refuse");
  script.always = undefined;
  expect((await work).map(({ name }) => name)).toEqual(["a", "b"]);
  expect(script.calls.length).toBeGreaterThan(called);
  script.requests.push("refuse", "cut", "election");
  expect(await provider.destroy(owner, signal())).toHaveLength(2);
  expect(livingVms(world)).toEqual([]);
});

test("servers come up although their session expires in the middle, once somebody has logged in again", async () => {
  const { provider, engineer, logIn, script, world } = await start();
  const [short, long] = [
    await engineer.accounts.login("engineer", 60),
    await engineer.accounts.login("engineer", 9000),
  ];
  logIn(short);
  const work = provider.provision([request("a")], owner, io());
  await expect.poll(() => livingVms(world).length, { timeout: 20_000 }).toBe(1);
  logIn(long);
  world.ahead = 120;
  expect(await work).toHaveLength(1);
  expect(world.users.get(2)?.tokens.get(short) ?? 0).toBeLessThan(Date.now() / 1000 + world.ahead);
  expect(script.calls.at(-1)?.user).toBe("engineer");
  await provider.destroy(owner, signal());
});

test("a session that nobody renews ends the group, and its machines are listed and go at their time", async () => {
  const { provider, engineer, logIn, world } = await start({ startDeadlineMs: 20_000 });
  logIn(await engineer.accounts.login("engineer", 60));
  const notes: string[] = [];
  const soon = { ...owner, expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  const work = provider.provision([request("a")], soon, io(notes));
  await expect.poll(() => livingVms(world).length, { timeout: 20_000 }).toBe(1);
  world.ahead = 120;
  await expect(work).rejects.toMatchObject({ failure: { reason: "opennebula-not-authenticated" } });
  expect(notes.join()).toContain("Not everything could be given back");
  logIn("engineer-password");
  expect(await provider.list({ run: owner.run })).toHaveLength(1);
  world.ahead = 4000;
  await expect.poll(() => livingVms(world)).toEqual([]);
  expect(await provider.list({ run: owner.run })).toEqual([]);
});

test("a machine that keeps a host key of its own is never logged in to", async () => {
  const { provider, script, world } = await start({ startDeadlineMs: 10_000 });
  script.fates.push("own-host-key");
  await expect(provider.provision([request("a")], owner, io())).rejects.toMatchObject({
    failure: { reason: "opennebula-not-ready", detail: expect.stringMatching(/expected is ssh-ed25519 SHA256/) },
  });
  expect(livingVms(world)).toEqual([]);
});

test("a package that could not be installed is told by its name, and the group is given back", async () => {
  const { provider, world } = await start();
  const work = provider.provision([request("a", { packages: ["no-such-package"] })], owner, io());
  await expect(work).rejects.toMatchObject({
    failure: {
      reason: "opennebula-not-ready",
      detail: expect.stringContaining("the package no-such-package was not installed"),
    },
  });
  expect(livingVms(world)).toEqual([]);
});

test("an attempt that waits for room gets that of another as soon as it is given back", async () => {
  const { provider, script, world } = await start({ capacityDeadlineMs: 20_000 });
  script.size = { cores: 1, memoryMiB: 1024 };
  const first = await provider.provision([request("a"), request("b")], owner, io());
  const notes: string[] = [];
  const other = { ...owner, node: "other" };
  const waiting = provider.provision([request("c")], other, io(notes));
  await expect.poll(() => notes.join(), { timeout: 10_000 }).toContain("Waiting for room at OpenNebula");
  await provider.destroy(owner, signal());
  const [server] = await waiting;
  expect(first).toHaveLength(2);
  if (server === undefined) throw new Error("one was asked for");
  const connection = await connect(server.ssh, {});
  expect((await connection.must("hostname")).stdout.trim()).not.toBe("");
  connection.close();
  await provider.destroy(other, signal());
  expect(livingVms(world)).toEqual([]);
});
