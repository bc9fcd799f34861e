import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { inventoryFormat } from "../../../infra/inventory-document.ts";
import { inventoryClusters } from "../../../infra/providers/inventory/provider.ts";
import { clustersFormat } from "../../../pipelines/cli/clusters-file.ts";
import { hostFactsOf, ownerOf } from "../../infra/pool/scripted-pool.ts";
import { type OpenSshServer, openSshServer } from "../../infra/ssh/open-ssh-server.ts";
import { sshdProgram } from "../../infra/ssh/sshd-program.ts";

/** Runs over a machine of an inventory: OpenSSH's own server on this machine. */
const root = join(import.meta.dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "edgecert-run-inventory-"));
const [home, pools, elsewhere] = [join(folder, "home"), join(folder, "pools"), join(folder, "elsewhere")];
const file = join(folder, "inventory.json");
const definition = join(root, "test/fixtures/definitions/inventory.ts");
let server: OpenSshServer;
let inventoryVariable = "";

beforeAll(async () => {
  mkdirSync(elsewhere);
  server = await openSshServer(await sshdProgram(folder));
}, 60_000);
beforeEach(() => {
  inventoryVariable = "";
  const { privateKeyPath, hostKey, host, port, user } = server.address;
  const ssh = { host, port, user, hostKey, privateKeyPath };
  writeFileSync(file, JSON.stringify({ format: inventoryFormat, hosts: [{ name: "rack1", os: "debian-12", ssh }] }));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function start(...words: readonly string[]) {
  const child = spawn(process.execPath, [join(root, "pipelines/cli/main.ts"), ...words], {
    cwd: elsewhere,
    env: {
      ...{ ...process.env, EDGECERT_HOME: home, EDGECERT_POOLS: pools, NO_COLOR: "1" },
      ...{ EDGECERT_DATABASE_URL: "", EDGECERT_INVENTORY: inventoryVariable },
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => (said.out += text));
  child.stderr.on("data", (text) => (said.err += text));
  return { child, said, ended: once(child, "close").then(([code, signal]) => code ?? signal) };
}

it("a run that was killed goes on with the inventory that it was started with, though the file is gone", async () => {
  const other = inventoryClusters({ file, folder: pools, home: "/home/other", look: async () => hostFactsOf() });
  const request = { provider: "inventory", count: 1, os: "debian-12", settings: {} };
  const io = { signal: AbortSignal.timeout(60_000), note() {}, step() {} };
  await other.provision(request, ownerOf("theirs"), io);
  const killed = start("run", definition, "--inventory", file, "--json");
  await Promise.race([
    expect.poll(() => killed.said.out, { timeout: 90_000 }).toContain("waiting for hosts of inventory"),
    killed.ended.then((code) => expect.fail(`it ended with ${code}: ${killed.said.err}`)),
  ]);
  killed.child.kill("SIGKILL");
  expect(await killed.ended).toBe("SIGKILL");
  const started = JSON.parse(killed.said.out.split("\n")[0] ?? "");
  const { sha256 } = started.data.inventory;
  expect(started.data.inventory).toEqual({ file, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const kept = join(home, "runs", started.run, `inventory-${sha256}.json`);
  expect(readFileSync(kept, "utf8")).toBe(readFileSync(file, "utf8"));

  rmSync(file);
  await other.destroy(ownerOf("theirs"), io.signal);
  const resumed = start("resume", started.run, "--json");
  expect(await resumed.ended, resumed.said.err).toBe(0);
  expect(resumed.said.out).toMatch(/"type":"cluster.ready".*"name":"rack1"/);
  expect(resumed.said.err).toMatch(/^Left over: {3}0$/m);
});

it("a cluster that stands is joined by a run that asks for the same, stays when it has ended, and goes by down", async () => {
  const file = join(folder, "clusters.json");
  const one = { name: "rack", provider: "inventory", count: 1, os: "debian-12", settings: {}, idle: "2h" };
  writeFileSync(file, JSON.stringify({ format: clustersFormat, clusters: [one] }));
  const clusters = async (...words: readonly string[]) => {
    const { ended, said } = start("clusters", ...words, "--clusters", file, "--json");
    return { code: await ended, err: said.err, rows: JSON.parse(said.out || "[]") };
  };
  inventoryVariable = join(folder, "inventory.json");
  const up = await clusters("up", "rack");
  expect(up, up.err).toMatchObject({ code: 0, rows: [{ name: "rack", state: "free", hosts: [{ name: "rack1" }] }] });
  const [{ id }] = up.rows;
  expect((await clusters("up", "rack")).rows).toMatchObject([{ id }]);
  const run = start("run", definition, "--json");
  expect(await run.ended, run.said.err).toBe(0);
  expect(run.said.out).toContain(`joined ${id}, which stands at inventory until`);
  expect(run.said.err).toMatch(/^Left over: {3}0$/m);
  expect((await clusters("keep", id, "--until", "12h")).rows).toMatchObject([{ id, keptUntil: expect.any(String) }]);
  const forced = start("list", "--machines", "--release", "--force");
  expect(await forced.ended).toBe(0);
  expect(forced.said.out).toContain("it goes by: edgecert clusters down");
  expect(await clusters("down", "rack")).toMatchObject({ code: 0, rows: [] });
  const listed = start("list", "--machines");
  await listed.ended;
  expect(listed.said.out).toContain("Nothing is held");
});

it("an inventory that is none is refused with its file before anything starts: exit code 2", async () => {
  writeFileSync(file, "{}");
  const wrong = start("run", definition, "--inventory", file);
  expect(await wrong.ended).toBe(2);
  expect(wrong.said.err).toContain(file);
  rmSync(file);
  const absent = start("plan", definition, "--inventory", file);
  expect(await absent.ended).toBe(2);
  expect(absent.said.err).toMatch(/The inventory cannot be read[\s\S]*no such file/);
});
