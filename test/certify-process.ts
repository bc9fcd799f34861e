import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { homeFolder } from "../pipelines/cli/home.ts";
import type { Event } from "../pipelines/dsl/event.ts";

const root = join(import.meta.dirname, "..");

/** Where all slow tests keep images, so that each image is made once; beside the home of the user, never in it. */
export const testHome = `${homeFolder()}-test`;

/** A command of edgecert that runs as a process of its own, so that it can really be killed. */
export interface Edgecert {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** The next event that fits, among those still to come; rejects when the process ends first. */
  next(fits: (event: Event) => boolean): Promise<Event>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts a command; with `--json` among its words its events can be waited for. */
export function edgecert(...words: readonly string[]): Edgecert {
  return start(["pipelines/cli/main.ts", ...words]);
}

/** Starts what a script of package.json starts, by the set-up. */
export function readmeCommand(...words: readonly string[]): Edgecert {
  return start(["pipelines/cli/setup.js", ...words]);
}

/** Starts a command in a terminal of its own, which is closed by killing what is returned. */
export function terminalCommand(...words: readonly string[]): Edgecert {
  const line = [process.execPath, "pipelines/cli/main.ts", ...words].join(" ");
  return start(["-qefc", `exec ${line}`, "/dev/null"], "script");
}

function start(words: readonly string[], program = process.execPath): Edgecert {
  const environment = { ...process.env, EDGECERT_HOME: testHome, NO_COLOR: "1" };
  const child = spawn(program, words, { cwd: root, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const out: string[] = [];
  const err: string[] = [];
  const waiting = new Set<{ fits(event: Event): boolean; found(event: Event): void; lost(error: Error): void }>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    out.push(line);
    if (!line.startsWith('{"v":')) return;
    // The run's own stream, written by this very version of the project.
    const event: Event = JSON.parse(line);
    for (const one of [...waiting].filter((each) => each.fits(event))) {
      waiting.delete(one);
      one.found(event);
    }
  });
  createInterface({ input: child.stderr }).on("line", (line) => err.push(line));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on("close", (code, signal) => {
      resolve(code ?? signal ?? -1);
      const last = [...out.slice(-5), ...err.slice(-15)].join("\n");
      for (const one of waiting)
        one.lost(new Error(`edgecert ended with ${code ?? signal} before the event came:\n${last}`));
    });
  });
  const next = (fits: (event: Event) => boolean) =>
    new Promise<Event>((found, lost) => {
      waiting.add({ fits, found, lost });
    });
  return { child, out, err, next, ended };
}

/** All processes whose command line carries the words, read from /proc. */
export function processesWith(...words: readonly string[]): { readonly pid: number; readonly line: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), line: readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch {
        return [];
      }
    })
    .filter(({ line }) => words.every((word) => line.includes(word)));
}
