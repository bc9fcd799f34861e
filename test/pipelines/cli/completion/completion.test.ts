import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namesBelow } from "../../../../pipelines/cli/completion/names.ts";
import { unavailable } from "../../../unavailable.ts";

const root = join(import.meta.dirname, "..", "..", "..", "..");
const definition = "test/fixtures/definitions/broad.ts";
let folder: string;

/** A home with two runs and a planned definition, and an `edgecert` that completes, and otherwise says what it was given. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-completion-"));
  mkdirSync(join(folder, "home", "runs", "2026-11-24-brave-otter", "nodes", "packages@debian-12"), { recursive: true });
  mkdirSync(join(folder, "home", "runs", "2026-11-24-brave-otter", "nodes", "results@debian-12+kvm-ssh"));
  mkdirSync(join(folder, "home", "runs", "2026-11-23-amber-lynx"));
  const main = join(root, "pipelines", "cli", "main.ts");
  const script = `#!/bin/sh
case $1 in complete | completion) exec ${process.execPath} ${main} "$@" ;; esac
printf '{%s}' "$@"
echo
`;
  writeFileSync(join(folder, "edgecert"), script);
  chmodSync(join(folder, "edgecert"), 0o755);
  expect(spawnSync(process.execPath, [main, "plan", definition], { cwd: root, env: environment() }).status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

function environment() {
  const { TERM: _, ...rest } = process.env;
  return { ...rest, EDGECERT_HOME: join(folder, "home"), PATH: `${folder}:${process.env.PATH}`, TERM: "xterm" };
}

interface Shell {
  readonly words: readonly string[];
  /** Makes the shell ready; it prints `ready` at the end. */
  readonly start: string;
}

const shells: Readonly<Record<"bash" | "zsh" | "fish", Shell>> = {
  bash: { words: ["bash", "--norc", "--noprofile", "-i"], start: "source <(edgecert completion bash); echo rea''dy" },
  zsh: {
    words: ["zsh", "-f", "-i"],
    start:
      "unsetopt zle_bracketed_paste; autoload -U compinit && compinit -u -D; source <(edgecert completion zsh); echo rea''dy",
  },
  fish: { words: ["fish", "--no-config", "-i"], start: "edgecert completion fish | source; echo rea''dy" },
};

/** Types a line with tabs into a real shell in a terminal of its own, and gives what the completed command was given. */
async function typed(shell: Shell, ...pieces: readonly string[]): Promise<string> {
  const child = spawn("script", ["-qefc", shell.words.join(" "), "/dev/null"], { cwd: root, env: environment() });
  let seen = "";
  child.stdout.on("data", (chunk) => {
    seen += stripVTControlCharacters(String(chunk)).replaceAll(/[^\P{Cc}\n]/gu, "");
  });
  const until = (text: RegExp) => expect.poll(() => seen.slice(from), { timeout: 15_000, interval: 20 }).toMatch(text);
  let from = 0;
  try {
    child.stdin.write(`${shell.start}\n`);
    await until(/ready/);
    for (const piece of pieces) {
      const [word = "", completed = ""] = piece.split("|");
      from = seen.length;
      child.stdin.write(`${word}\t`);
      await until(new RegExp(completed.replaceAll(/[.+]/g, "\\$&")));
    }
    from = seen.length;
    child.stdin.write("\n");
    await until(/\{.*\}/);
    return /\{.*\}/.exec(seen.slice(from))?.[0] ?? "";
  } finally {
    child.stdin.end();
    child.kill("SIGKILL");
  }
}

describe.each(["bash", "zsh", "fish"] as const)("completion in a real %s", (name) => {
  const shell = shells[name];
  const missing = spawnSync(shell.words[0] ?? "", ["--version"]).error !== undefined;

  it("completes commands, options and their values", { timeout: 60_000 }, async (context) => {
    if (missing && name !== "bash") context.skip(unavailable[name]);
    expect(await typed(shell, "edgecert sta|status", "--js|--json")).toBe("{status}{--json}");
    expect(await typed(shell, "edgecert plan --form|--format", "mer|mermaid")).toBe("{plan}{--format}{mermaid}");
  });

  it("completes runs, nodes, files, cells and parameters", { timeout: 60_000 }, async (context) => {
    if (missing && name !== "bash") context.skip(unavailable[name]);
    expect(await typed(shell, "edgecert logs 2026-11-24|brave-otter", "res|results@debian-12/kvm-ssh")).toBe(
      "{logs}{2026-11-24-brave-otter}{results@debian-12/kvm-ssh}",
    );
    expect(
      await typed(shell, "edgecert run test/fixtures/definitions/bro|broad.ts", "--cells debian-15/vc|vcenter"),
    ).toBe(`{run}{${definition}}{--cells}{debian-15/vcenter}`);
    expect(await typed(shell, `edgecert run ${definition} --cells os=debian-16,env|ironment=`, "vc|vcenter")).toBe(
      `{run}{${definition}}{--cells}{os=debian-16,environment=vcenter}`,
    );
    expect(await typed(shell, `edgecert run ${definition} -p pa|pace=`, "7|7")).toContain("{-p}{pace=7");
  });
});

describe("names below a home", () => {
  it("are empty where there is no home, and where a record is broken", () => {
    const names = namesBelow(join(folder, "nowhere"));
    expect([names.runs(), names.nodes("x"), names.servers()]).toEqual([[], [], []]);
    expect(names.planned("x.ts")).toEqual({ cells: [], axes: [], params: [] });
    const server = join(folder, "home", "local", "servers", "ec-1");
    mkdirSync(server, { recursive: true });
    writeFileSync(join(server, "server.json"), "{ broken");
    expect(namesBelow(join(folder, "home")).servers()).toEqual([]);
    writeFileSync(join(server, "server.json"), '{"node":"servers@debian-12/kvm-ssh","name":"node1"}');
    expect(namesBelow(join(folder, "home")).servers()).toEqual(["debian-12/kvm-ssh/node1"]);
    expect(namesBelow(join(folder, "home")).runs()).toEqual(["2026-11-24-brave-otter", "2026-11-23-amber-lynx"]);
  });
});
