import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { probeAcceleration } from "../../infra/hosts/acceleration.ts";
import { runCommand } from "../../infra/hosts/command.ts";
import { makeOverlay } from "../../infra/hosts/guest.ts";
import { type Acceleration, type Machine, machineId, qemuArguments } from "../../infra/hosts/qemu-arguments.ts";
import { seedArchive } from "../../infra/hosts/seed-file.ts";
import { makeSshKeyPair } from "../../infra/hosts/ssh-key-pair.ts";
import { ensureImage, type Image } from "../../infra/images/image.ts";
import { localProvider } from "../../infra/providers/local/provider.ts";
import { waitForSsh } from "../../infra/ssh/readiness.ts";
import type { ServerRequest } from "../../pipelines/dsl/request.ts";

/** Parts of the time that bare QEMU takes on the same image. */
const aims = { cold: 1.15, snapshot: 0.3 } as const;
const rounds = 3;
/** Kept between benches for its image. */
const home = fileURLToPath(new URL("../../.edgecert/test", import.meta.url));
const size = { os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false };
const signal = () => AbortSignal.timeout(600_000);

/**
 * Starts 1, 2 and 4 servers in turn by hand (QEMU with the same command line, all at once, then SSH until a command is
 * answered), cold and from a snapshot, on one image that is there, and prints the ratios of the medians to the first.
 */
export async function benchReady(): Promise<void> {
  const image = await ensureImage(size, { home, signal: signal(), note: (text) => console.log(`ready: ${text}`) });
  const kernel = image.boot.kind === "kernel" ? image.boot.kernel : undefined;
  const { acceleration } = await probeAcceleration({ home, kernel, signal: signal() });
  await provision("snapshot", 1);
  for (const count of [1, 2, 4]) {
    const times = { bare: [] as number[], cold: [] as number[], snapshot: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.bare.push(await bare({ image, acceleration }, count));
      times.cold.push(await provision("cold", count));
      times.snapshot.push(await provision("snapshot", count));
    }
    const base = median(times.bare);
    const compared = (["cold", "snapshot"] as const).map((start) => {
      const ratio = median(times[start]) / base;
      const verdict = ratio <= aims[start] ? "met" : "missed";
      return `${start} ${seconds(median(times[start]))}, ${ratio.toFixed(2)}x (aim ${aims[start]}x: ${verdict})`;
    });
    console.log(`ready: ${count} servers: bare QEMU ${seconds(base)}, ${compared.join(", ")}; medians of ${rounds}`);
  }
}

interface Bare {
  readonly image: Image;
  readonly acceleration: Acceleration;
}

async function provision(start: "cold" | "snapshot", count: number): Promise<number> {
  const provider = localProvider({ home, start });
  const owner = {
    ...{ run: `bench-${process.pid}-${performance.now()}`, node: "servers", attempt: 1, token: 1 },
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  };
  const requests = Array.from({ length: count }, (_, index): ServerRequest => {
    return { ...size, name: `node${index}`, role: "node" };
  });
  try {
    const began = performance.now();
    await provider.provision(requests, owner, { signal: signal(), note: () => {}, ready: () => {} });
    return performance.now() - began;
  } finally {
    await provider.destroy(owner, signal());
  }
}

/** Milliseconds from nothing until so many machines, started by hand, have each answered a command. */
async function bare(from: Bare, count: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-bench-"));
  const key = makeSshKeyPair("bench");
  writeFileSync(join(folder, "key"), key.privateKey, { mode: 0o600 });
  const hostKey = makeSshKeyPair("bench");
  const machines = Array.from({ length: count }, (_, index) => machineOf(from, join(folder, `node${index}`), index));
  for (const [index, machine] of machines.entries()) {
    mkdirSync(machine.folder);
    const self = { name: `node${index}`, address: `10.99.0.${11 + index}`, hostKey };
    const seed = { self, group: [self], machineId: machineId(machine.id), loginKey: key.publicKey, groupKey: key };
    const { outsideMac, groupMac } = machine;
    writeFileSync(machine.seed.path, seedArchive({ ...seed, outsideMac, groupMac, surroundings: [] }));
  }
  try {
    const began = performance.now();
    await Promise.all(
      machines.map(async (machine) => {
        await makeOverlay(from.image, machine.disk, signal());
        const words = qemuArguments(machine, { mode: "boot" });
        await runCommand("qemu-system-x86_64", words, { signal: signal(), cwd: machine.folder });
        const address = { host: machine.forward.address, port: machine.forward.port, user: "root" };
        const keys = { privateKeyPath: join(folder, "key"), hostKey: hostKey.publicKey };
        (await waitForSsh({ ...address, ...keys }, { timeoutMs: 500_000 })).close();
      }),
    );
    return performance.now() - began;
  } finally {
    for (const { pidFile } of machines) {
      if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

function machineOf({ image, acceleration }: Bare, own: string, index: number): Machine {
  return {
    ...{ id: `node${index}-00000000`, tags: "bench", architecture: "amd64", folder: own, acceleration },
    ...{ cores: size.cores, memoryMiB: size.memoryMiB, boot: image.boot, disk: join(own, "disk.qcow2") },
    ...{ seed: { kind: "tar", path: join(own, "seed") }, console: join(own, "console"), pidFile: join(own, "pid") },
    forward: { address: `127.200.0.${index + 1}`, port: 2222 },
    groupNetwork: { address: "230.77.254.1", port: 21_000 },
    ...{ outsideMac: `52:54:00:00:01:0${index}`, groupMac: `52:54:00:00:02:0${index}` },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
