import { afterEach, expect, test } from "vitest";
import { openNebulaCaller } from "../../../../infra/providers/opennebula/caller.ts";
import { openNebulaFlow } from "../../../../infra/providers/opennebula/flow.ts";
import { makeLocation, removeLocation } from "../../../../infra/providers/opennebula/location.ts";
import { openNebula } from "../../../../infra/providers/opennebula/open-nebula.ts";
import { profileOf } from "../../../../infra/providers/opennebula/profile.ts";
import { sessionPlace } from "../../../../infra/providers/opennebula/session.ts";
import { type PreparedFake, preparedFake } from "../../../fakes/opennebula/prepared.ts";
import { livingVms } from "../../../fakes/opennebula/world.ts";

const prepared: PreparedFake[] = [];
afterEach(async () => {
  for (const one of prepared.splice(0)) await one[Symbol.asyncDispose]();
});

async function start(version: string) {
  const all = await preparedFake({ guests: false, version });
  prepared.push(all);
  const place = await sessionPlace({ ...all.environment, ONE_AUTH: `${all.home}/admin_auth` });
  const signal = AbortSignal.timeout(15_000);
  const one = openNebula(openNebulaCaller(place, { pauseMs: 5 }), signal);
  const flow = openNebulaFlow(place, profileOf(await one.accounts.version()), signal);
  return { ...all, place, one, flow, tools: { one, flow, signal, pollMs: 10, deadlineMs: 2000 } };
}

const wanted = {
  ...{ name: "edge-madrid", app: "Debian 12", os: "debian-12", datastore: 1, cluster: 0 },
  addresses: { first: "127.92.0.10", count: 20 },
};

test.each(["5.12.0.4", "6.10.0", "7.2.0"])(
  "the objects of a location are made, verified by use, and removed, at %s",
  async (version) => {
    const { tools, one, flow, fake } = await start(version);
    const made = await makeLocation(tools, wanted);
    expect(await makeLocation(tools, wanted)).toEqual(made);
    await expect.poll(async () => (await one.hosts.pool()).every(({ state }) => state === "MONITORED")).toBe(true);
    const machine = await one.templates.instantiate(made.template, { name: "try", extra: {} });
    await expect
      .poll(() => one.machines.info(machine))
      .toMatchObject({ condition: "running", cards: [{ address: "127.92.0.10" }] });
    await expect(one.images.delete(made.image)).rejects.toMatchObject({
      failure: { reason: "opennebula-wrong-state" },
    });
    await one.machines.attachCard(machine, { NETWORK: "private" });
    expect((await one.machines.info(machine)).cards.map(({ network }) => network)).toEqual(["edge-madrid", "private"]);
    await one.machines.detachCard(machine, 1);
    expect((await one.machines.info(machine)).cards).toHaveLength(1);
    const service = await flow.templates.instantiate(made.serviceTemplate);
    expect(service.machines).toHaveLength(3);
    await expect.poll(() => flow.services.info(service.id)).toMatchObject({ state: "RUNNING", name: "edge-madrid" });
    await flow.services.delete(service.id);
    await one.machines.terminateHard(machine);
    await expect.poll(() => livingVms(fake.world)).toEqual([]);
    await removeLocation(tools, made);
    await removeLocation(tools, made);
    expect([
      ...fake.world.templates.keys(),
      ...fake.world.documents.keys(),
      ...fake.world.networkTemplates.keys(),
    ]).toEqual([0]);
  },
);

test("a location that is interrupted goes on with what is there", async () => {
  const { tools, fake } = await start("6.10.0");
  fake.script.cuts.push("one.vn.allocate");
  await expect(makeLocation(tools, wanted)).rejects.toMatchObject({
    failure: { reason: "opennebula-unknown-outcome" },
  });
  await makeLocation(tools, wanted);
  expect([...fake.world.networks.values()].map(({ name }) => name)).toEqual(["private", "edge-madrid"]);
  expect([...fake.world.images.values()].map(({ name }) => name)).toEqual(["debian-12", "edge-madrid"]);
});

test("an app that there is none of, and an image that cannot be fetched, are told", async () => {
  const { tools, fake } = await start("6.10.0");
  const failing = (words: string) => ({
    failure: { reason: "opennebula-object-not-ready", detail: expect.stringContaining(words) },
  });
  await expect(makeLocation(tools, { ...wanted, app: "Plan 9" })).rejects.toMatchObject(failing("Plan 9"));
  fake.script.brokenImages = true;
  await expect(makeLocation(tools, wanted)).rejects.toMatchObject(failing("ERROR: Error copying image"));
});

test("OneFlow refuses a role of another version, a stranger, and what is not there, and each has its reason", async () => {
  const { place, one, flow, logIn, environment } = await start("7.2.0");
  const role = { name: "a", cardinality: 1, template: 0, parents: [] };
  const old = openNebulaFlow(place, profileOf("6.10.0"), AbortSignal.timeout(10_000));
  await expect(old.templates.create("x", [role])).rejects.toMatchObject({
    failure: { detail: expect.stringMatching(/template_id/) },
  });
  await expect(flow.services.info(99)).rejects.toMatchObject({ failure: { reason: "opennebula-no-exists" } });
  logIn("wrong");
  const stranger = openNebulaFlow(
    await sessionPlace(environment),
    profileOf(await one.accounts.version()),
    AbortSignal.timeout(10_000),
  );
  await expect(stranger.services.info(1)).rejects.toMatchObject({
    failure: { reason: "opennebula-not-authenticated" },
  });
  const wrong = openNebulaFlow(
    { ...place, flow: new URL(environment.ONE_XMLRPC ?? "") },
    profileOf("6.10.0"),
    AbortSignal.timeout(10_000),
  );
  await expect(wrong.services.info(1)).rejects.toMatchObject({ failure: { reason: "opennebula-unreadable" } });
});
