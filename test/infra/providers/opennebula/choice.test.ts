import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeRecord } from "../../../../infra/hosts/record-file.ts";
import { groupFiles, placesIn } from "../../../../infra/providers/local/places.ts";
import { machinesOf } from "../../../../infra/providers/machines.ts";
import { examineOpenNebula } from "../../../../infra/providers/opennebula/examination.ts";
import { type PreparedFake, preparedFake } from "../../../fakes/opennebula/prepared.ts";

let fake: PreparedFake;
const home = mkdtempSync(join(tmpdir(), "edgecert-choice-"));
beforeAll(async () => {
  fake = await preparedFake({ guests: false });
});
afterAll(async () => {
  await fake[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const asked = () => fake.fake.script.calls.filter(({ user }) => user === "engineer").length;
const request = { name: "a", role: "a", os: "debian-12", cores: 1, memoryMiB: 99_999, packages: [], nestedKvm: false };

test("new servers come from OpenNebula where the environment says so", async () => {
  const machines = machinesOf(home, { ...fake.environment, EDGECERT_PROVIDER: "opennebula" });
  await expect.poll(() => machines.estimate([request])).toMatchObject({ reason: "opennebula-never-fits" });
  expect(await machines.list({})).toEqual([]);
});

test("a front-end that nobody chose is not asked, and one that had machines of this home is", async () => {
  const before = asked();
  await machinesOf(home, fake.environment).list({});
  expect(asked()).toBe(before);
  const { lease } = groupFiles(placesIn(join(home, "opennebula")), { run: "r", node: "n" });
  await writeRecord(lease, {});
  const away = machinesOf(home, { ...fake.environment, ONE_AUTH: join(home, "none") });
  await expect(away.list({})).rejects.toMatchObject({ failure: { reason: "opennebula-no-session" } });
  await machinesOf(home, fake.environment).list({});
  expect(asked()).toBe(before + 1);
});

test("a port that is none is refused, naming its variable", async () => {
  const machines = machinesOf(home, {
    ...fake.environment,
    EDGECERT_PROVIDER: "opennebula",
    EDGECERT_OPENNEBULA_SSH_PORT: "ssh",
  });
  expect(await machines.estimate([request])).toMatchObject({
    detail: expect.stringContaining("EDGECERT_OPENNEBULA_SSH_PORT"),
  });
});

test("a provider that there is none of is refused with the names of all", async () => {
  const machines = machinesOf(home, { EDGECERT_PROVIDER: "opennebla" });
  await expect(machines.estimate([])).rejects.toMatchObject({
    failure: { reason: "no-such-provider", next: expect.stringContaining("local, simulator, opennebula") },
  });
});

test("the doctor's sentence names version, user and hosts", async () => {
  const look = () => examineOpenNebula(fake.environment, AbortSignal.timeout(10_000));
  await expect.poll(look).toMatch(/^http:\/\/127\.0\.0\.1:\d+ 6\.10\.0 as engineer: 2 of 2 hosts are monitored$/);
});
