import { freeSpace } from "../../infra/hosts/disk-space.ts";
import type { Engine } from "../engine/engine.ts";
import { announce } from "./output.ts";
import type { FilledFolder } from "./room.ts";
import { printSize } from "./sizes.ts";

/** How often the disks are looked at, in milliseconds. */
const everyMs = 2000;
/** A run is warned while this many times the least is free. */
const warnedAt = 4;

/** Looks at the disks while runs go on. */
export interface DiskWatch extends Disposable {
  /** Also watches for this run. */
  watch(run: string): void;
}

/**
 * Notes in the run when a disk runs low, and cancels it, for reasons of infrastructure, when less than the least is left:
 * nothing more is acquired, and every undo still finds room to write.
 */
export function watchDisks(
  engine: Pick<Engine, "append" | "cancel">,
  folders: () => Promise<readonly FilledFolder[]>,
  least: number,
): DiskWatch {
  const runs = new Map<string, "quiet" | "warned" | "cancelled">();
  let looking = false;
  const look = async () => {
    for (const { path, holds } of await folders()) {
      const free = await freeSpace(path);
      for (const [run, told] of runs) {
        const state = free < least ? "cancelled" : free < least * warnedAt ? "warned" : "quiet";
        if (told === "cancelled" || state === "quiet" || state === told) continue;
        const words = `the disk of ${path} (${holds}) has ${printSize(free)} left`;
        if (state === "cancelled")
          await engine.cancel(run, `${words}, less than ${printSize(least)}`, "infrastructure");
        else await engine.append(run, { type: "note", data: { text: warning(words, least) } });
        runs.set(run, state);
      }
    }
  };
  const timer = setInterval(() => {
    if (looking || runs.size === 0) return;
    looking = true;
    look()
      .catch((error: Error) => announce(`edgecert: the disk could not be watched: ${error.message}`))
      .finally(() => {
        looking = false;
      });
  }, everyMs);
  timer.unref();
  return {
    watch: (run) => void runs.set(run, "quiet"),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function warning(words: string, least: number): string {
  return `${words}; below ${printSize(least)} this run is cancelled. Make room with: edgecert prune --images 1h`;
}
