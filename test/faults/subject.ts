import { type ChildProcess, spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Event } from "../../pipelines/dsl/event.ts";
import { processesWith } from "../certify-process.ts";
import type { Kill } from "./kill-plan.ts";

const root = join(import.meta.dirname, "..", "..");

/** What is disturbed. */
export interface SubjectOptions {
  readonly home: string;
  readonly machines: "scripted" | "real";
  /** Further words of `run`. */
  readonly words: readonly string[];
}

/** How a run went that was disturbed until it ended by itself. */
export interface Told {
  readonly run: string;
  /** One sentence for each kill that came before the end. */
  readonly kills: readonly string[];
  /** Exit code of the process that ended it; null where it was killed after its last event. */
  readonly code: number | null;
  /** The last lines it printed. */
  readonly tail: readonly string[];
}

/** The quickstart as a process of its own, with its database and its machines, which can really be killed. */
export class Subject {
  readonly #options: SubjectOptions;
  readonly #children = new Set<ChildProcess>();

  constructor(options: SubjectOptions) {
    this.#options = options;
  }

  /** Runs to the end, through every kill, resuming what was killed. `events` is what an undisturbed run has. */
  async disturb(kills: readonly Kill[], events: number): Promise<Told> {
    const done: string[] = [];
    let run = "";
    let words: readonly string[] = ["run", "pipelines/quickstart.ts", "--json", ...this.#options.words];
    const left = [...kills];
    for (let starts = 0; starts < 10; starts += 1) {
      const end = await this.#live(words, { left, events, done });
      run = end.run === "" ? run : end.run;
      if (!end.killed) return { run, kills: done, code: end.code, tail: end.tail };
      // Because a run that had finished before the kill has nothing to resume.
      if (run !== "" && (await this.#finished(run))) return { run, kills: done, code: null, tail: end.tail };
      if (run !== "") words = ["resume", run, "--json"];
    }
    throw new Error(`${run}: it was started ten times and has not ended`);
  }

  /** What a command of the CLI prints, and its exit code. */
  async command(...words: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
    const child = this.#start(words);
    let out = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString("utf8");
    });
    child.stderr?.resume();
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, out };
  }

  async #finished(run: string): Promise<boolean> {
    const { out } = await this.command("logs", run, "--json");
    return out.includes('"type":"run.finished"');
  }

  /** Processes of this home that a run needs: the postmaster, and servers of the run. */
  servers(run: string): readonly number[] {
    const words = this.#options.machines === "real" ? ["qemu-system"] : ["simulator/machine.ts"];
    return processesWith(...words, `run=${run};`).map(({ pid }) => pid);
  }

  postmasters(): readonly number[] {
    const { home } = this.#options;
    // Because root's database lies where an ordinary user can enter, in a folder that names its home.
    const moved = globSync("/var/lib/edgecert-*/home.txt").find((file) => readFileSync(file, "utf8").trim() === home);
    return processesWith("postgres", "-D", moved === undefined ? home : dirname(moved)).map(({ pid }) => pid);
  }

  stop(): void {
    for (const child of this.#children) child.kill("SIGKILL");
  }

  #start(words: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, ["pipelines/cli/main.ts", ...words], {
      cwd: root,
      env: {
        ...process.env,
        ...{ EDGECERT_HOME: this.#options.home, NO_COLOR: "1" },
        EDGECERT_PROVIDER: this.#options.machines === "real" ? "local" : "simulator",
        EDGECERT_SIMULATOR_PROGRAMS: join(import.meta.dirname, "programs"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#children.add(child);
    child.on("close", () => this.#children.delete(child));
    return child;
  }

  async #live(words: readonly string[], plan: { left: Kill[]; readonly events: number; readonly done: string[] }) {
    const child = this.#start(words);
    const tail: string[] = [];
    const keep = (line: string): void => {
      tail.push(line);
      if (tail.length > 15) tail.shift();
    };
    let [run, seen, killed] = ["", 0, false];
    const onEvent = async (event: Event): Promise<void> => {
      run = event.run;
      seen += 1;
      const [kill] = plan.left;
      if (kill === undefined || seen < 1 + kill.at * (plan.events - 1)) return;
      plan.left.shift();
      await delay(kill.delayMs);
      if (child.exitCode !== null) return;
      plan.done.push(this.#kill(kill, child, { run, seen }));
      killed = kill.victim === "process" || kill.victim === "both" || killed;
    };
    createInterface({ input: child.stdout ?? process.stdin }).on("line", (line) => {
      keep(line);
      // The run's own stream, written by this very version of the project.
      if (line.startsWith('{"v":')) void onEvent(JSON.parse(line));
    });
    createInterface({ input: child.stderr ?? process.stdin }).on("line", keep);
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { run, killed, code, tail };
  }

  #kill({ victim }: Kill, child: ChildProcess, at: { readonly run: string; readonly seen: number }): string {
    const after = `after ${at.seen} events`;
    if (victim === "server") {
      const servers = this.servers(at.run);
      const chosen = servers[at.seen % Math.max(1, servers.length)];
      if (chosen === undefined) return `no server lived ${after}`;
      process.kill(chosen, "SIGKILL");
      return `a server killed ${after}`;
    }
    if (victim !== "process") {
      for (const pid of this.postmasters()) process.kill(pid, "SIGKILL");
    }
    if (victim !== "database") child.kill("SIGKILL");
    return `${victim === "both" ? "process and database" : victim} killed ${after}`;
  }
}
