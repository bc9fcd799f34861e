import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Image } from "../../../infra/images/image.ts";
import type { ImageRequest } from "../../../infra/images/recipe.ts";
import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** The two programs that a build runs, in the order in which it runs them. */
export type Step = "bootstrap" | "layer";

/** A line of the process that asks for an image. */
interface Line {
  readonly note?: string;
  readonly image?: Image;
  readonly failure?: Failure;
}

/** A process that asks for an image. */
export interface Asker {
  readonly pid: number;
  readonly notes: readonly string[];
  /** Resolves with what the process said last, once it has ended. */
  readonly end: Promise<Line>;
  /** Resolves when a note contains the words. */
  said(words: string): Promise<void>;
  kill(): Promise<void>;
}

/**
 * A home and a machine whose bootstrap and layer programs are scripts: each writes its name down, leaves half of its
 * files, waits where the test holds it, fails where the test says so, and else writes the rest.
 *
 *     ask() -> bootstrap -> layer -> image
 *              ^ hold       ^ hold
 */
export function scriptedBuilder() {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-builder-"));
  const [bin, home] = [join(folder, "bin"), join(folder, "home")];
  for (const one of [bin, home]) mkdirSync(one);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\nset -eu\n${step(folder)}\n${script}`);
    chmodSync(join(bin, name), 0o755);
  };
  program(
    "mmdebstrap",
    'for word in "$@"; do case $word in *.tar) archive=$word ;; esac; done\nstep bootstrap "$archive"\n',
  );
  program(
    "unshare",
    `PATH=\${PATH#*:}
if [ -z "\${DISK:-}" ]; then
  while [ "$1" != mmdebstrap ] && [ "$1" != rm ]; do shift; done
  [ "$1" = rm ] || PATH=${bin}:$PATH
  exec "$@"
fi
step layer "$DISK"
echo kernel > "$KERNEL"; echo initrd > "$INITRD_FILE"; printf 'linux-image-6.1.0-1-amd64\\t6.1\\n' > "$MANIFEST"
`,
  );
  const askers: Asker[] = [];
  const fifo = (name: Step) => join(folder, `hold-${name}`);
  return {
    home,
    /** Makes the next build wait in this step. */
    hold: (name: Step) => execFileSync("mkfifo", [fifo(name)]),
    /** Resolves when a build waits in this step; the handle lets it go on when it is closed. */
    held: (name: Step) => open(fifo(name), "w"),
    unhold: (name: Step) => rmSync(fifo(name)),
    /** Makes builds fail in this step after these last words, or never again. */
    fail: (name: Step, words: string | null) => {
      if (words === null) rmSync(join(folder, `fail-${name}`));
      else writeFileSync(join(folder, `fail-${name}`), `${words}\n`);
    },
    /** The steps that were run so far. */
    steps: () =>
      existsSync(join(folder, "steps")) ? readFileSync(join(folder, "steps"), "utf8").trim().split("\n") : [],
    ask: (request: ImageRequest) => {
      const asker = ask(home, request, bin);
      askers.push(asker);
      return asker;
    },
    /** Ends what is left of processes and files. */
    remove: async () => {
      await Promise.all(askers.map((asker) => asker.kill()));
      rmSync(folder, { recursive: true });
    },
  };
}

function step(folder: string): string {
  return `step() {
  echo "$1" >> ${folder}/steps
  echo half > "$2"
  if [ -p ${folder}/hold-$1 ]; then read -r _ < ${folder}/hold-$1 || true; fi
  if [ -e ${folder}/fail-$1 ]; then cat ${folder}/fail-$1 >&2; exit 1; fi
  echo whole > "$2"
}`;
}

const script = fileURLToPath(new URL("image-process.ts", import.meta.url));

function ask(home: string, request: ImageRequest, bin: string): Asker {
  const child = spawn(process.execPath, [script, JSON.stringify({ home, request })], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  const notes: string[] = [];
  const listeners: (() => void)[] = [];
  let last: Line = {};
  createInterface({ input: child.stdout }).on("line", (text) => {
    last = JSON.parse(text);
    if (last.note !== undefined) notes.push(last.note);
    for (const listener of listeners) listener();
  });
  const said = (words: string) =>
    new Promise<void>((resolve) => {
      const look = () => notes.some((note) => note.includes(words)) && resolve();
      listeners.push(look);
      look();
    });
  return { pid: child.pid ?? 0, notes, end: once(child, "close").then(() => last), said, kill: () => killed(child) };
}

async function killed(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
}
