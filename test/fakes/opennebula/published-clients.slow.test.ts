import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { cacheFolder } from "../../pulumi/cache-folder.ts";
import { buildGoProgram } from "../../pulumi/go-program.ts";
import { goToolchain } from "../../pulumi/go-toolchain.ts";
import { madeOnce } from "../../pulumi/made-once.ts";
import { pythonPackages } from "../../pulumi/python-packages.ts";
import { fileDigest } from "./file-digest.ts";
import { type FakeOpenNebula, startFakeOpenNebula } from "./server.ts";
import { livingVms } from "./world.ts";

const clients = join(import.meta.dirname, "clients");
const run = promisify(execFile);
const tell = (words: string): void => console.log(words);

const fakes: FakeOpenNebula[] = [];
afterAll(async () => {
  for (const fake of fakes) await fake[Symbol.asyncDispose]();
});

async function start(): Promise<FakeOpenNebula> {
  const fake = await startFakeOpenNebula({ version: "6.10.0" });
  fakes.push(fake);
  return fake;
}

test("pyone from PyPI works with the fake, unchanged", async () => {
  const packages = await pythonPackages(
    { name: "pyone", requirements: join(clients, "pyone", "requirements.txt") },
    tell,
  );
  const fake = await start();
  const env = { PATH: process.env.PATH, PYTHONPATH: packages };
  const { stdout } = await run("python3", [join(clients, "pyone", "exercise.py"), fake.xmlRpc], { env });
  expect(JSON.parse(stdout)).toEqual({
    version: "6.10.0",
    host: ["pyone1", 800, 16_777_216],
    cluster: [[0], ["default", "by-pyone"]],
    image: ["debian", 2252, "Debian 12"],
    vm: ["by-pyone", "127.90.0.10", 'a <b> "c"', "pyone1"],
    pools: [["by-pyone"], ["later"], false, ["private"], ["system", "default", "files"]],
    action: "terminate-hard",
    user: ["oneadmin", "users"],
    refusals: [
      ["OneNoExistsException", "[one.vm.info] Error getting virtual machine [999]."],
      [
        "OneActionException",
        '[one.vm.action] Error performing action "resume": This action is not available for state RUNNING',
      ],
      ["OneAuthenticationException", "[one.system.version] User couldn't be authenticated, aborting call."],
      ["OneAuthorizationException", "[one.host.allocate] User [2] : Not authorized to perform CREATE HOST."],
      ["OneApiException", "[one.vmpool.info] Incorrect filter_flag"],
      ["OneException", "<Fault -501: 'Parameter that is supposed to be integer is not'>"],
      ["OneException", "<Fault -506: \"Method 'one.vm.nothing' not defined\">"],
      ["OneActionException", "[one.host.delete] Cannot delete host. Can not remove a host with running VMs"],
    ],
    deleted: [0, 100, 100, 100],
  });
  expect(livingVms(fake.world)).toEqual([]);
});

test("goca from its Go module works with the fake, unchanged", async () => {
  const module = join(clients, "goca");
  const go = await goToolchain(tell);
  const files = ["go.mod", "go.sum", "main.go"].map((name) => join(module, name));
  const folder = await madeOnce(
    join(cacheFolder(), `goca-${fileDigest(files)}`),
    (half) => buildGoProgram({ go, module, command: ".", linker: "", output: join(half, "exercise") }, tell),
    tell,
  );
  const fake = await start();
  const { stdout } = await run(join(folder, "exercise"), [fake.xmlRpc, fake.flow]);
  expect(JSON.parse(stdout)).toEqual({
    version: "6.10.0",
    host: [800, 16_777_216],
    cluster: 100,
    vm: ["by-goca", "127.90.0.10", 'a <b> "c"', "goca1"],
    pool: [1, 1, 1, 0],
    quotas: 1,
    service: 2,
    refusals: [0x0400, 0x0800, 0x0100, 0x0200, 0x0800],
  });
  await expect.poll(() => livingVms(fake.world)).toEqual([]);
});
