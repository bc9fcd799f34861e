import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import { asideUntil, lookAt } from "../../../infra/pool/health.ts";
import { readFacts } from "../../../infra/pool/host-facts.ts";
import { serveShells } from "../../../infra/providers/simulator/shell-server.ts";
import { freePort } from "../ssh/open-ssh-server.ts";
import { inventoryHost } from "./scripted-pool.ts";

const answer = `machine x86_64
boot 0f5c1f9e-0000-4000-8000-000000000000
siblings 0,48
disk 52428800
kvm 1
nested Y
key ssh-ed25519 AAAAC3
node 48 131072000
node 48 132096000
node 0 1048576
`;

describe("what a host says about itself", () => {
  it("is read with its topology; a node without processors carries nothing", () => {
    expect(readFacts(answer)).toEqual({
      ...{ architecture: "amd64", threadsPerCore: 2, bootId: "0f5c1f9e-0000-4000-8000-000000000000" },
      nodes: [
        { threads: 48, memoryMiB: 128_000 },
        { threads: 48, memoryMiB: 129_000 },
      ],
      ...{ diskFreeMiB: 51_200, kvm: true, nestedKvm: true, hostKey: "ssh-ed25519 AAAAC3", at: expect.any(String) },
    });
  });

  it.each([
    ["kvm 1", "kvm 0", { kvm: false, nestedKvm: false }],
    ["nested Y", "nested", { kvm: true, nestedKvm: false }],
    ["nested Y", "nested 1", { nestedKvm: true }],
    ["siblings 0,48", "siblings 3", { threadsPerCore: 1 }],
    ["siblings 0,48", "siblings 0-3", { threadsPerCore: 4 }],
    ["x86_64", "aarch64", { architecture: "arm64" }],
  ])("%s or %s", (before, after, facts) => {
    expect(readFacts(answer.replace(before, after))).toMatchObject(facts);
  });

  it("is refused where it makes no sense, naming what", () => {
    expect(() => readFacts(answer.replace("x86_64", "riscv64").replace(/disk .*/, "disk"))).toThrow(
      /architecture: .*diskFreeMiB: /,
    );
    expect(() => readFacts("")).toThrow(/bootId/);
  });
});

describe("a look at a host", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-look-"));
  const [hostKey, login] = [makeSshKeyPair("host"), makeSshKeyPair("login")];
  const address = { host: "127.0.0.1", port: 0, user: "root" };
  let port = 0;
  beforeAll(async () => {
    writeFileSync(join(folder, "login"), login.privateKey, { mode: 0o600 });
    const settings = { address: address.host, hostKey: hostKey.privateKey, logins: [login.publicKey] };
    port = await freePort();
    await serveShells({ ...settings, port }, (command) => spawn("/bin/sh", ["-c", command], { stdio: "pipe" }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const host = (key: string) =>
    inventoryHost("here", { ssh: { ...address, port, hostKey: key, privateKeyPath: join(folder, "login") } });

  it("finds this very machine as it is", async () => {
    const facts = await lookAt(host(hostKey.publicKey), AbortSignal.timeout(20_000));
    expect(facts.nodes.reduce((sum, node) => sum + node.threads, 0)).toBeGreaterThanOrEqual(availableParallelism());
    const memoryMiB = facts.nodes.reduce((sum, node) => sum + node.memoryMiB, 0);
    expect(Math.abs(memoryMiB - totalmem() / 1_048_576) / memoryMiB).toBeLessThan(0.05);
    expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("does not log in where another host key is shown, and sets it aside for good", async () => {
    const wrong = lookAt(host(makeSshKeyPair("other").publicKey), AbortSignal.timeout(20_000));
    const error = await wrong.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ failure: { reason: "ssh-host-key-changed" } });
    expect(asideUntil(error)).toBeNull();
  });

  it("that finds nobody sets the host aside for ten minutes", async () => {
    const nobody = inventoryHost("gone", { ssh: { ...host(hostKey.publicKey).ssh, port: 1 } });
    const error = await lookAt(nobody, AbortSignal.timeout(20_000)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(asideUntil(error, 0)).toBe(new Date(600_000).toISOString());
  });
});
