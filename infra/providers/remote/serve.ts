import { text } from "node:stream/consumers";
import { promisable } from "../../hosts/capacity.ts";
import { holdings, isServerGone } from "../local/listing.ts";
import { localProvider } from "../local/provider.ts";
import type { Asked, Call, CallSettings, HostRoom, Spoken } from "./call.ts";

/**
 * The program of a host: reads one call from standard input, does it as the local provider does on any machine, and says
 * on standard output how it goes. It gives up, and gives back what it began, as soon as nobody listens any more.
 */
const aliveMs = 2000;

const stop = new AbortController();
process.stdout.on("error", (error) => stop.abort(error));
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort(new Error(signal)));
// Because a lost connection is only noticed by who writes to it.
const beat = setInterval(() => say({ kind: "alive" }), aliveMs);

const { settings, call }: Asked = JSON.parse(await text(process.stdin));
const { home, memoryMiB, cores, capacityDeadlineMs } = settings;
// Because a host has proved its KVM, but may be emulated itself and slow: emulation on it would never end.
const probeDeadlineMs = 180_000;
// Because what is saved of a machine costs a host of some hours more than it gains.
const start = "cold";
const provider = localProvider({ home, machine: { memoryMiB, cores }, capacityDeadlineMs, probeDeadlineMs, start });

try {
  say({ kind: "done", value: await answer(call) });
} catch (error) {
  say({ kind: "failed", failure: provider.classify(error) });
} finally {
  clearInterval(beat);
}

async function answer(asked: Call): Promise<unknown> {
  const { signal } = stop;
  switch (asked.verb) {
    case "provision":
      return provider.provision(asked.requests, asked.owner, {
        signal,
        note: (said) => say({ kind: "note", text: said }),
        ready: (server) => say({ kind: "ready", server }),
      });
    case "destroy":
      return provider.destroy(asked.owner, signal);
    case "clear":
      for (const resource of await provider.list(asked.holder)) await provider.release(resource, signal);
      return null;
    case "keep":
      return provider.keep(asked.holder, asked.until, signal);
    case "isGone":
      return isServerGone(home, asked.id);
    case "room":
      return room(settings);
  }
}

async function room(of: CallSettings): Promise<HostRoom> {
  const all = promisable(of);
  const held = await holdings(of.home);
  const less = (most: number, what: "memoryMiB" | "cores") => held.reduce((rest, one) => rest - one[what], most);
  const free = { memoryMiB: less(all.memoryMiB, "memoryMiB"), cores: less(all.cores, "cores"), used: held.length > 0 };
  return { ...free, all: { ...all, used: false } };
}

function say(line: Spoken): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
