import { spawn } from "node:child_process";
import { join } from "node:path";
import { operatingSystems } from "../../infra/catalog/operating-systems.ts";
import { isAlive, ownIdentity, type ProcessIdentity } from "../../infra/hosts/process-table.ts";
import { startMetal } from "../../infra/providers/local/metal.ts";
import { useOf } from "../../infra/providers/local/provider.ts";
import { releaseAll } from "../../infra/providers/local/release.ts";
import type { FakeMachine, Machines } from "./machines.ts";

/** Machines of fakes that run. */
export interface RealMachines extends Machines, AsyncDisposable {
  /** The run that their resources are tagged with. */
  readonly run: string;
}

/** Port that leads from the loopback address of a machine to its sshd: above 1023, so that nobody needs to be root. */
export const realSshPort = 2222;

/** Each machine, in MiB of memory and virtual CPUs. */
const size = { memoryMiB: 1024, cores: 1 };

const hours = 12;
const releaseMs = 60_000;

/**
 * Local virtual machines, with cloud-init and a working `/dev/kvm`, behind the instances of fakes. They begin with the
 * instance and end with it; those of a process that was killed end with that process. Images are those of the home.
 */
export function realMachines({ home, tell }: { readonly home: string; tell(text: string): void }): RealMachines {
  const use = useOf({ home: placeOf(home), images: home });
  const run = `fakes-${process.pid}-${ownIdentity().startTime}`;
  const created = new Map<string, ProcessIdentity>();
  const owner = (id: string) => ({
    ...{ run, node: id, attempt: 1, token: 1 },
    expiresAt: new Date(Date.now() + hours * 3_600_000).toISOString(),
  });
  const guard = startGuard(use.places.home, run);
  const give = (id: string) => releaseAll(use.places, owner(id), AbortSignal.timeout(releaseMs));
  return {
    run,
    async create(machine) {
      const io = { signal: AbortSignal.timeout(900_000), note: tell, ready: () => {} };
      const [metal] = await startMetal(use, { requests: [requestOf(machine)], owner: owner(machine.id) }, io);
      if (metal === undefined) throw new Error(`${machine.name} was not started`);
      created.set(machine.id, metal.launched.process);
      return metal;
    },
    async delete(id) {
      created.delete(id);
      await give(id);
    },
    all: async () =>
      [...created].map(([id, process]) => ({ id, state: isAlive(process) ? ("running" as const) : ("off" as const) })),
    async [Symbol.asyncDispose]() {
      await Promise.all([...created.keys()].map(give));
      guard.stdin.end();
    },
  };
}

/** Where the machines of fakes are kept, apart from those of runs. */
export function placeOf(home: string): string {
  return join(home, "fakes");
}

function requestOf({ name, image, account, userData, loginKey, network }: FakeMachine) {
  const known = operatingSystems.map((system) => system.name);
  if (!known.includes(image))
    throw new Error(`there is no real machine of ${image}: fakes with real machines know ${known.join(", ")}`);
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, "-")
    .slice(0, 32);
  return {
    ...{ name: label, os: image, account, userData, loginKey, ...size },
    sshPort: realSshPort,
    ...(network === undefined ? {} : { network }),
  };
}

/** A process that holds the other end of a pipe, and gives back what the run holds when this process is no more. */
function startGuard(home: string, run: string) {
  const program = join(import.meta.dirname, "machines-guard.ts");
  const words = ["-c", 'cat > /dev/null; exec "$0" "$@"', process.execPath, program, home, run];
  const guard = spawn("/bin/sh", words, { detached: true, stdio: ["pipe", "ignore", "ignore"], cwd: "/" });
  guard.unref();
  guard.stdin.on("error", () => {});
  return guard;
}
