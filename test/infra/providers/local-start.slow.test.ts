import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, makeOverlay, whileAlive } from "../../../infra/hosts/guest.ts";
import type { Machine } from "../../../infra/hosts/qemu-arguments.ts";
import { listSnapshots, removeSnapshot } from "../../../infra/hosts/snapshot-store.ts";
import { ensureImage } from "../../../infra/images/image.ts";
import { localProvider } from "../../../infra/providers/local/provider.ts";
import type { Server } from "../../../infra/providers/provider.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { withMachines } from "../../../pipelines/stages/machine.ts";
import { rebootServer } from "../../../pipelines/stages/reboot.ts";
import { recordedContext } from "../../pipelines/stages/stage-context.ts";

const home = fileURLToPath(new URL("../../../.edgecert/test", import.meta.url));
const run = `start-${process.pid}`;
const signal = () => AbortSignal.timeout(500_000);
// A size that no other test asks for, so that the first of these is the first of its kind.
const request = (name: string): ServerRequest => ({
  ...{ name, role: "node", os: "debian-12", cores: 1, memoryMiB: 448, packages: ["openssh-client"], nestedKvm: false },
});
const notes: string[] = [];
const owners: Owner[] = [];

function provision(names: readonly string[], start: "snapshot" | "cold" = "snapshot"): Promise<readonly Server[]> {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const owner = { run, node: `servers-${owners.length}`, attempt: 1, token: 1, expiresAt };
  owners.push(owner);
  const io = { signal: signal(), note: (text: string) => void notes.push(text), ready: () => {} };
  return localProvider({ home, start }).provision(names.map(request), owner, io);
}

async function ask(server: Server | undefined, command: string): Promise<readonly string[]> {
  if (server === undefined) throw new Error("there is no such server");
  const connection = await waitForSsh(server.ssh, { timeoutMs: 60_000 });
  try {
    return (await connection.must(command, { timeoutMs: 60_000 })).stdout.trim().split("\n");
  } finally {
    connection.close();
  }
}

const ownSnapshots = async () => (await listSnapshots(home)).filter((one) => one.record.memoryMiB === 448);
const forgetSnapshots = async () => {
  for (const one of await ownSnapshots()) await removeSnapshot(home, one.record.key);
};

beforeAll(forgetSnapshots);
afterAll(async () => {
  for (const owner of owners) await localProvider({ home }).destroy({ ...owner, token: 9 }, signal());
  await forgetSnapshots();
});

describe("the first two servers of a kind", () => {
  let servers: readonly Server[] = [];
  beforeAll(async () => {
    servers = await provision(["node1", "node2"]);
  });

  test("one booted and was saved once, the other is its copy", async () => {
    expect(servers.map(({ facts }) => facts.startMode).sort()).toEqual(["cold", "resumed"]);
    expect(await ownSnapshots()).toHaveLength(1);
  });

  test.each([
    ["host name", "hostname"],
    ["machine id", "cat /etc/machine-id"],
    ["boot id", "cat /proc/sys/kernel/random/boot_id"],
    ["host key", "ssh-keyscan -t ed25519 127.0.0.1 2> /dev/null"],
    ["address of a card", "cat /sys/class/net/eth0/address"],
    ["address of the other card", "cat /sys/class/net/eth1/address"],
    ["random numbers", "head -c 32 /dev/urandom | od -An -tx1"],
    ["journal", "ls /run/log/journal"],
  ])("each has its own %s", async (_, command) => {
    const said = await Promise.all(servers.map((server) => ask(server, command)));
    expect(said[0]?.join("")).not.toBe("");
    expect(said[0]).not.toEqual(said[1]);
  });

  test("what units are told of machine id and boot id is what the server says", async () => {
    for (const server of servers) {
      const unit = "[Service]\\nType=oneshot\\nExecStart=/bin/echo %%m %%b\\nStandardOutput=file:/run/told\\n";
      const told = `printf '${unit}' > /run/systemd/system/told.service && systemctl daemon-reload && systemctl start told`;
      const own = 'echo "$(cat /etc/machine-id) $(tr -d - < /proc/sys/kernel/random/boot_id)"';
      const [units, files] = await ask(server, `${told} && cat /run/told && ${own}`);
      expect(units).toBe(files);
    }
  });

  test("their clocks are right, and no unit failed", async () => {
    for (const server of servers) {
      const before = Date.now();
      const [seconds = "", state, ...failed] = await ask(
        server,
        "date +%s.%N; systemctl is-system-running --wait; systemctl --failed --no-legend --plain",
      );
      const late = Number(seconds) * 1000 - before;
      expect(late).toBeGreaterThan(-1000);
      expect(late).toBeLessThan(Date.now() - before + 1000);
      expect({ state, failed }).toEqual({ state: "running", failed: [] });
    }
  });

  test("they reach each other by name", async () => {
    expect(await ask(servers[0], "ssh -o BatchMode=yes node2 hostname")).toEqual(["node2"]);
    expect(await ask(servers[1], "ssh -o BatchMode=yes node1 hostname")).toEqual(["node1"]);
  });

  test("both come back from a reboot as who they are", async () => {
    const root = mkdtempSync(join(tmpdir(), "edgecert-reboot-"));
    const recorded = recordedContext({ root });
    const identity = "hostname; cat /etc/machine-id; cat /sys/class/net/eth?/address";
    const before = await Promise.all(servers.map((server) => ask(server, identity)));
    await withMachines(servers, (machines) =>
      Promise.all(machines.map((machine) => rebootServer(machine, recorded.ctx))),
    );
    expect(await Promise.all(servers.map((server) => ask(server, identity)))).toEqual(before);
    expect(recorded.events.map(({ body }) => body.type)).toEqual(["server.rebooted", "server.rebooted"]);
    rmSync(root, { recursive: true });
  });
});

test("a snapshot of which no copy wakes is removed, and the server boots instead", async () => {
  const [snapshot] = await ownSnapshots();
  if (snapshot === undefined) throw new Error("there is no snapshot");
  truncateSync(snapshot.memory, 1_000_000);
  const [server] = await provision(["node3"]);
  expect(server?.facts.startMode).toBe("cold");
  expect(notes.join("\n")).toContain("did not start from its snapshot, which was removed");
  expect(await ownSnapshots()).toEqual([]);
});

test("where it is switched off, nothing is saved", async () => {
  const [server] = await provision(["node4"], "cold");
  expect(server?.facts.startMode).toBe("cold");
  expect(await ownSnapshots()).toEqual([]);
});

test("a kernel that panics ends the wait at once, with the end of its console", async () => {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-panic-"));
  const image = await ensureImage(request("node5"), { home, signal: signal(), note: () => {} });
  const inFolder = (name: string) => join(folder, name);
  // A disk without a file system: the initrd gives up, and the kernel with it.
  const empty = { disk: inFolder("empty.raw"), format: "raw" } as const;
  writeFileSync(empty.disk, Buffer.alloc(1 << 20));
  writeFileSync(inFolder("seed.tar"), "x");
  mkdirSync(inFolder("place"));
  const machine: Machine = {
    ...{ id: "node5-00000000", tags: "edgecert:id=node5", architecture: "amd64", folder: inFolder("place") },
    ...{ acceleration: "tcg", cores: 1, memoryMiB: 256, boot: image.boot, disk: inFolder("disk.qcow2") },
    ...{ seed: { kind: "tar", path: inFolder("seed.tar") }, console: inFolder("console"), pidFile: inFolder("pid") },
    forward: { address: "127.200.0.1", port: 2222 },
    groupNetwork: { address: "230.77.255.255", port: 21_000 },
    ...{ outsideMac: "52:54:00:00:00:01", groupMac: "52:54:00:00:00:02" },
  };
  await makeOverlay(empty, machine.disk, signal());
  const launched = await launch(machine, { mode: "boot" }, signal());
  try {
    const waiting = whileAlive(launched, { signal: signal() }, (until) => launched.port.next(() => false, until));
    await expect(waiting).rejects.toMatchObject({
      failure: {
        reason: "guest-panicked",
        class: "transient",
        detail: expect.stringContaining("Attempted to kill init"),
      },
    });
  } finally {
    process.kill(launched.process.pid, "SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
