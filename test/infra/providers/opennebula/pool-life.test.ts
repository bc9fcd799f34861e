import { afterEach, describe, expect, test } from "vitest";
import { openNebulaCaller } from "../../../../infra/providers/opennebula/caller.ts";
import { flushHost, joinHosts, removeHosts } from "../../../../infra/providers/opennebula/host-pool.ts";
import { openNebula } from "../../../../infra/providers/opennebula/open-nebula.ts";
import type { OpenNebulaOptions } from "../../../../infra/providers/opennebula/place.ts";
import { openNebulaProvider } from "../../../../infra/providers/opennebula/provider.ts";
import { sessionPlace } from "../../../../infra/providers/opennebula/session.ts";
import type { Owner } from "../../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../../pipelines/dsl/request.ts";
import { tick } from "../../../fakes/opennebula/life.ts";
import { type PreparedFake, type PreparedOptions, preparedFake } from "../../../fakes/opennebula/prepared.ts";
import { livingVms } from "../../../fakes/opennebula/world.ts";

const prepared: PreparedFake[] = [];
afterEach(async () => {
  for (const one of prepared.splice(0)) await one[Symbol.asyncDispose]();
});

const signal = () => AbortSignal.timeout(15_000);
const io = () => ({ signal: signal(), note() {}, ready() {} });
const owner: Owner = { run: "r1", node: "servers@a", attempt: 1, token: 3, expiresAt: "2040-01-01T00:00:00.000Z" };
const request = (name: string, more: Partial<ServerRequest> = {}): ServerRequest => ({
  ...{ name, role: "node", os: "debian-12", cores: 2, memoryMiB: 4096, packages: [], nestedKvm: false },
  ...more,
});

async function start(options: PreparedOptions = {}, times: OpenNebulaOptions = {}) {
  const one = await preparedFake({ guests: false, ...options });
  prepared.push(one);
  const { environment, home } = one;
  const quick = { pollMs: 10, capacityDeadlineMs: 300, startDeadlineMs: 2000, endDeadlineMs: 400 };
  const provider = openNebulaProvider({ home, environment, ...quick, ...times });
  const admin = openNebula(one.admin, signal());
  const engineer = openNebula(openNebulaCaller(await sessionPlace(environment)), signal());
  await expect.poll(async () => (await admin.hosts.pool()).every(({ state }) => state === "MONITORED")).toBe(true);
  return { ...one, provider, admin, engineer, script: one.fake.script, world: one.fake.world };
}

const failing = (reason: string, detail = "") => ({
  failure: { reason, detail: expect.stringContaining(detail) },
});

describe("hosts", () => {
  const limits = () => ({ signal: signal(), pollMs: 10, deadlineMs: 2000, note() {} });
  const joining = { cluster: "edge", names: ["e1", "e2"], datastores: [0, 1], networks: [0] };

  test("join a cluster, are monitored, are emptied, and go with it", async () => {
    const { admin, world } = await start({ hosts: [] });
    const joined = await joinHosts(admin, joining, limits());
    expect(joined.hosts.map(({ name, state }) => [name, state])).toEqual([
      ["e1", "MONITORED"],
      ["e2", "MONITORED"],
    ]);
    expect(await admin.clusters.info(joined.cluster)).toMatchObject({
      hosts: [0, 1],
      datastores: [0, 1],
      networks: [0],
    });
    const machine = await admin.templates.instantiate(0, { name: "one", extra: {} });
    await expect.poll(async () => (await admin.machines.info(machine)).condition).toBe("running");
    await expect(admin.hosts.delete(0)).rejects.toMatchObject(failing("opennebula-wrong-state", "running VMs"));
    await flushHost(admin, 0, limits());
    expect(await admin.hosts.info(0)).toMatchObject({ state: "DISABLED", machines: [] });
    await removeHosts(admin, "edge", limits());
    await removeHosts(admin, "edge", limits());
    expect([world.hosts.size, [...world.clusters.keys()], livingVms(world)]).toEqual([0, [0], []]);
  });

  test("that joined before are enabled again, and nothing is made twice", async () => {
    const { admin, world } = await start({ hosts: [] });
    const first = await joinHosts(admin, joining, limits());
    await admin.hosts.status(0, "disabled");
    await admin.hosts.status(1, "offline");
    expect((await joinHosts(admin, joining, limits())).cluster).toBe(first.cluster);
    expect([...world.hosts.values()].map(({ name, state }) => [name, state])).toEqual([
      ["e1", 2],
      ["e2", 2],
    ]);
  });

  test("that nobody can monitor are told with the front-end's own words", async () => {
    const { admin, script } = await start({ hosts: [] });
    script.unreachableHosts.add("e2");
    await expect(joinHosts(admin, joining, { ...limits(), deadlineMs: 200 })).rejects.toMatchObject(
      failing("opennebula-host-not-ready", "no route to host"),
    );
    script.unreachableHosts.clear();
    expect((await joinHosts(admin, joining, limits())).hosts).toHaveLength(2);
  });
});

describe("what is looked up before anything is asked for", () => {
  const reason = async (
    provider: { estimate(all: readonly ServerRequest[]): Promise<object> },
    all: readonly ServerRequest[],
  ) => Reflect.get(await provider.estimate(all), "reason") ?? "room";

  test("room that fills up and comes back", async () => {
    const { provider, engineer, admin } = await start();
    const four = [1, 2, 3, 4].map((index) => request(`s${index}`, { cores: 4, memoryMiB: 8192 }));
    expect(await reason(provider, four)).toBe("room");
    expect(await reason(provider, [...four, request("s5")])).toBe("opennebula-never-fits");
    const ids: number[] = [];
    for (const { name, cores, memoryMiB } of four)
      ids.push(await engineer.templates.instantiate(0, { name, extra: { CPU: cores, MEMORY: memoryMiB } }));
    await expect.poll(() => reason(provider, [request("s5")]), { timeout: 20_000 }).toBe("opennebula-no-room");
    expect(await provider.estimate([request("s5")])).toMatchObject({ class: "capacity" });
    await engineer.machines.terminateHard(ids[0] ?? -1);
    await expect.poll(() => reason(provider, [request("s5")]), { timeout: 20_000 }).toBe("room");
    await admin.hosts.status(0, "disabled");
    await admin.hosts.status(1, "offline");
    expect(await reason(provider, [request("s5")])).toBe("opennebula-no-room");
  });

  test("quotas of the user and of its group, also where only the server sees that one is used up", async () => {
    const { provider, world, engineer } = await start();
    for (const [holder, limits] of [
      [world.users.get(2), new Map([["VMS", 1]])],
      [world.groups.get(1), new Map([["RUNNING_MEMORY", 5000]])],
    ] as const) {
      if (holder === undefined) throw new Error("the fake has a user and a group");
      holder.limits = limits;
      expect(await provider.estimate([request("a"), request("b")])).toMatchObject({
        class: "quota",
        reason: "opennebula-quota",
      });
      await expect(provider.provision([request("a"), request("b")], owner, io())).rejects.toMatchObject(
        failing("opennebula-quota"),
      );
      expect(livingVms(world)).toEqual([]);
      holder.limits = new Map();
    }
    const user = world.users.get(2);
    if (user !== undefined) user.limits = new Map([["CPU", 1]]);
    await expect(engineer.templates.instantiate(0, { name: "x", extra: { CPU: 2 } })).rejects.toMatchObject({
      failure: {
        reason: "opennebula-quota",
        class: "quota",
        detail: expect.stringContaining("limit of 1 reached for CPU quota in VM"),
      },
    });
  });

  test("hosts of other virtual data centres are not there", async () => {
    const { provider, world, admin } = await start();
    world.vdcs.splice(0, 1, { groups: new Set([1]), hosts: new Set([1]) });
    expect(await reason(provider, [request("a", { cores: 8 }), request("b")])).toBe("opennebula-never-fits");
    world.vdcs.splice(0, 1, { groups: new Set([7]), hosts: "all" });
    expect(await reason(provider, [request("a")])).toBe("opennebula-no-room");
    expect(await admin.hosts.pool()).toHaveLength(2);
  });

  test("templates, architectures, and what servers here cannot be made from", async () => {
    const { provider } = await start();
    expect(await reason(provider, [request("a", { os: "plan9" })])).toBe("opennebula-no-template");
    expect(await reason(provider, [request("a", { architecture: "arm64" })])).toBe("opennebula-never-fits");
    expect(await reason(provider, [request("a", { imageDigest: "0" })])).toBe("opennebula-cannot");
    expect(await reason(provider, [request("a b")])).toBe("opennebula-cannot");
    expect(await reason(provider, [request("a", { packages: ["-o=APT::Get"] })])).toBe("opennebula-cannot");
    expect(await reason(provider, [request("a"), request("a")])).toBe("opennebula-cannot");
  });

  test("a front-end that is away, and a version that nobody knows", async () => {
    const { environment, home } = await start({ version: "4.14.2" });
    const options = { home, calls: { patienceMs: 0 } };
    expect(await reason(openNebulaProvider({ ...options, environment }), [request("a")])).toBe("opennebula-version");
    const away = { ...environment, ONE_XMLRPC: "http://127.0.0.1:9/RPC2" };
    expect(await reason(openNebulaProvider({ ...options, environment: away }), [request("a")])).toBe(
      "opennebula-unreachable",
    );
    const open = { ...environment, ONE_XMLRPC: "http://one.example/RPC2" };
    expect(await reason(openNebulaProvider({ ...options, environment: open }), [request("a")])).toBe(
      "opennebula-insecure",
    );
  });
});

describe("a group that does not come up leaves nothing behind", () => {
  test.each([
    ["prolog-failure", "opennebula-server-failed", "PROLOG_FAILURE: "],
    ["boot-failure", "opennebula-server-failed", "no such machine type"],
    ["powers-off", "opennebula-server-stopped", "POWEROFF"],
  ] as const)("%s is %s", async (fate, reason, words) => {
    const { provider, script, world } = await start();
    script.fates.push("runs", fate);
    await expect(provider.provision([request("a"), request("b")], owner, io())).rejects.toMatchObject(
      failing(reason, words),
    );
    expect(livingVms(world)).toEqual([]);
    expect(await provider.list({})).toEqual([]);
  });

  test("a machine that the scheduler never places is no room, in the scheduler's words", async () => {
    const { provider, world } = await start();
    const template = world.templates.get(0);
    template?.attributes.push({ name: "SCHED_REQUIREMENTS", value: 'RACK = "7"' });
    await expect(provider.provision([request("a")], owner, io())).rejects.toMatchObject(
      failing("opennebula-no-room", 'No host meets capacity and SCHED_REQUIREMENTS: (RACK = "7") & (ARCH = "x86_64")'),
    );
    expect(livingVms(world)).toEqual([]);
  });

  test("a network without addresses", async () => {
    const { provider, world } = await start();
    world.networks.get(0)?.ranges.splice(0, 1, { first: "127.91.0.1", size: 1 });
    await expect(provider.provision([request("a"), request("b")], owner, io())).rejects.toMatchObject(
      failing("opennebula-no-lease", "Cannot get IP/MAC lease from virtual network 0"),
    );
    expect(livingVms(world)).toEqual([]);
  });

  test("a machine that is made while the answer is cut off", async () => {
    const { provider, script, world } = await start();
    script.cuts.push("one.template.instantiate");
    await expect(provider.provision([request("a")], owner, io())).rejects.toMatchObject({
      failure: { reason: "opennebula-unknown-outcome", class: "transient" },
    });
    expect(script.calls.filter(({ method }) => method === "one.template.instantiate")).toHaveLength(1);
    expect([world.vms.size, livingVms(world)]).toEqual([1, []]);
  });

  test("whoever cancels is heard, and nothing stays", async () => {
    const { provider, script, world } = await start();
    script.fates.push("stuck-in-prolog");
    const stop = new AbortController();
    const work = provider.provision([request("a")], owner, { ...io(), signal: stop.signal });
    await expect.poll(() => livingVms(world).length).toBe(1);
    for (const vm of world.vms.values()) await expect.poll(() => vm.lcm).toBe(1);
    stop.abort(new Error("cancelled"));
    Object.assign([...world.vms.values()][0] ?? {}, { lcm: 3 });
    await expect(work).rejects.toThrow("cancelled");
    expect(livingVms(world)).toEqual([]);
  });
});

describe("a machine", () => {
  async function held(version: string) {
    const all = await start({ version });
    const extra = (token: number) => ({
      ...{ CPU: 1, MEMORY: 128, EDGECERT_MANAGED_BY: "edgecert", EDGECERT_RUN: owner.run, EDGECERT_NODE: owner.node },
      ...{ EDGECERT_OWNER: token, EDGECERT_EXPIRES_AT: owner.expiresAt },
      SCHED_ACTION: { ACTION: "terminate-hard", TIME: String(Date.parse(owner.expiresAt) / 1000) },
    });
    const id = await all.engineer.templates.instantiate(0, { name: "held", extra: extra(5) });
    await expect.poll(async () => (await all.engineer.machines.info(id)).condition).toBe("running");
    return { ...all, id };
  }

  test.each(["5.12.0.4", "6.10.0", "7.2.0"])(
    "that is kept goes at its time by itself, at version %s",
    async (version) => {
      const { provider, world, id, engineer } = await held(version);
      const until = new Date(Date.now() + 7_200_000).toISOString();
      await provider.keep(owner, until, signal());
      await provider.keep(owner, until, signal());
      expect(await provider.list({ run: owner.run })).toMatchObject([{ id: String(id), expiresAt: until }]);
      expect((await engineer.machines.info(id)).scheduledActions).toHaveLength(1);
      world.ahead = 7100;
      tick(world);
      tick(world);
      expect(livingVms(world)).toHaveLength(1);
      world.ahead = 7300;
      await expect.poll(() => livingVms(world)).toEqual([]);
    },
  );

  test("of a later token is refused to whoever shows an older one, also from another installation", async () => {
    const { provider, world } = await held("6.10.0");
    await expect(provider.destroy(owner, signal())).rejects.toMatchObject(
      failing("older-token", "token 3 was shown, 5"),
    );
    await expect(provider.provision([request("a")], owner, io())).rejects.toMatchObject(failing("older-token"));
    expect(livingVms(world)).toHaveLength(1);
    expect(await provider.destroy({ ...owner, token: 5 }, signal())).toHaveLength(1);
    expect(livingVms(world)).toEqual([]);
  });

  test("that OpenNebula does not let go of is told, and a right of administrators ends it", async () => {
    const { provider, world, id, environment, home } = await held("6.10.0");
    const vm = world.vms.get(id);
    Object.assign(vm ?? {}, { lcm: 1, fate: "stuck-in-prolog" });
    await expect(provider.destroy({ ...owner, token: 6 }, signal())).rejects.toMatchObject(
      failing("opennebula-not-terminated", "is in PROLOG"),
    );
    expect(await provider.list({ run: owner.run })).toHaveLength(1);
    const asAdmin = { ...environment, ONE_AUTH: `${home}/admin_auth` };
    const admin = openNebulaProvider({ home, environment: asAdmin, pollMs: 10, endDeadlineMs: 400 });
    const resource = {
      provider: "opennebula",
      id: String(id),
      kind: "virtual-machine",
      run: owner.run,
      node: owner.node,
    };
    await admin.release({ ...resource, expiresAt: owner.expiresAt }, signal());
    expect(livingVms(world)).toEqual([]);
  });

  test("that only has the number of a listed one is left alone", async () => {
    const { provider, world, id } = await held("6.10.0");
    const resource = {
      provider: "opennebula",
      id: String(id),
      kind: "virtual-machine",
      node: owner.node,
      expiresAt: "",
    };
    await provider.release({ ...resource, run: "a run at another OpenNebula" }, signal());
    expect(livingVms(world)).toHaveLength(1);
    await provider.release({ ...resource, run: owner.run }, signal());
    expect(livingVms(world)).toEqual([]);
  });

  test("of somebody else is never listed", async () => {
    const { provider, admin, engineer } = await start();
    await admin.templates.instantiate(0, { name: "x", extra: { EDGECERT_MANAGED_BY: "edgecert", EDGECERT_RUN: "r9" } });
    await engineer.templates.instantiate(0, { name: "y", extra: {} });
    expect(await provider.list({})).toEqual([]);
  });
});
