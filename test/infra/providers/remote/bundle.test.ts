import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ensureBundle } from "../../../../infra/providers/remote/bundle.ts";
import { spoken } from "../../../../infra/providers/remote/call.ts";

const home = mkdtempSync(join(tmpdir(), "edgecert-bundle-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const settings = { home: join(home, "host"), memoryMiB: 8192, cores: 2, capacityDeadlineMs: 0 };

function ask(call: object) {
  const { folder, program } = bundle;
  const copy = join(home, "copied");
  cpSync(folder, copy, { recursive: true });
  // Because what a program misses must not be found beside this project.
  const run = spawnSync(process.execPath, [join(copy, program)], {
    ...{ cwd: "/", env: {}, encoding: "utf8", input: JSON.stringify({ settings, call }) },
  });
  return {
    code: run.status,
    said: run.stdout.split("\n").flatMap((line) => (line ? [spoken.parse(JSON.parse(line))] : [])),
  };
}

const bundle = await ensureBundle(home, AbortSignal.timeout(60_000));

test("a host's program runs with nothing beside it but what was laid together", () => {
  const { code, said } = ask({ verb: "room" });
  expect(code).toBe(0);
  expect(said).toMatchObject([{ kind: "done", value: { all: { cores: 8, memoryMiB: 6144 } } }]);
});

test("what a host refuses comes back as the failure that it is there", () => {
  const request = {
    name: "n",
    role: "n",
    os: "debian-12",
    cores: 1,
    memoryMiB: 99_000,
    packages: [],
    nestedKvm: false,
  };
  const owner = { run: "r", node: "n", attempt: 1, token: 1, expiresAt: "2040-01-01T00:00:00.000Z" };
  expect(ask({ verb: "provision", requests: [request], owner }).said).toMatchObject([
    { kind: "failed", failure: { reason: "never-fits", class: "capacity" } },
  ]);
});

test("the same programs are laid together once", async () => {
  expect(await ensureBundle(home, AbortSignal.timeout(60_000))).toEqual(bundle);
});
