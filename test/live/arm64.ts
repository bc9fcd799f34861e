import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { localProvider } from "../../infra/providers/local/provider.ts";
import { waitForSsh } from "../../infra/ssh/readiness.ts";

/**
 * Builds an image of arm64, starts an emulated server from it and looks into it: `node test/live/arm64.ts [folder]`. It takes
 * minutes, and needs the packages that `infra/hosts/system-packages.json` names for arm64. The folder keeps the image.
 */
const home = resolve(process.argv[2] ?? join(import.meta.dirname, "..", "..", ".edgecert", "live"));
const provider = localProvider({ home });
const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
const owner = { run: `arm64-${process.pid}`, node: "n", attempt: 1, token: 1, expiresAt };
const started = Date.now();
const say = (text: string) => console.log(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);

const request = {
  ...{ name: "node1", role: "node", os: "debian-12", cores: 2, memoryMiB: 768, nestedKvm: false },
  ...{ packages: ["iputils-ping", "libcap2-bin"], architecture: "arm64" as const },
};
try {
  const io = { signal: AbortSignal.timeout(60 * 60_000), note: say, ready: () => say("ready") };
  const [server] = await provider.provision([request], owner, io);
  assert.ok(server !== undefined);
  assert.match(server.facts.kernel, /-arm64$/);
  assert.equal(server.facts.acceleration, "tcg");
  const connection = await waitForSsh(server.ssh, { timeoutMs: 60_000 });
  const asked = [
    "uname -m",
    "dpkg --print-architecture",
    "hostname",
    "getcap /usr/bin/ping",
    "stat -c %a%U /usr/bin/su",
  ];
  const { stdout } = await connection.must(`${asked.join("; ")}; systemctl is-system-running`, { timeoutMs: 60_000 });
  connection.close();
  const [machine, architecture, name, capabilities, owned] = stdout.split("\n");
  assert.deepEqual([machine, architecture, name], ["aarch64", "arm64", "node1"]);
  assert.equal(capabilities, "/usr/bin/ping cap_net_raw=ep");
  assert.equal(owned, "4755root");
  say(`asked: ${stdout.trim().replaceAll("\n", ", ")}`);
} finally {
  await provider.destroy({ ...owner, token: 2 }, AbortSignal.timeout(60_000));
}
assert.deepEqual(await provider.list({ run: owner.run }), []);
say("done, and nothing is left");
process.exit(0);
