import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");

function edgecert(...words: readonly string[]) {
  const environment = { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined };
  const done = spawnSync(process.execPath, ["pipelines/cli/main.ts", ...words], {
    cwd: root,
    encoding: "utf8",
    env: environment,
  });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

describe("edgecert", () => {
  it("lists every command and the exit codes", () => {
    const { status, out } = edgecert("--help");
    expect(status).toBe(0);
    for (const command of "run plan resume cancel approve reject status list logs report doctor ssh".split(" ")) {
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    }
    expect(out).toContain("Exit codes");
  });

  it.each([
    [["plna"], "Did you mean plan?"],
    [["plan", "pipelines/quickstart.ts", "--formt", "json"], "Did you mean --format?"],
    [["plan", "pipelines/quickstart.ts", "--format", "yaml"], "text, json, mermaid"],
    [["plan"], "name the file that exports the pipeline"],
    [["plan", "pipelines/quickstart.ts", "--cells", "oss=debian-12"], 'Did you mean "os"?'],
    [["plan", "pipelines/quickstart.ts", "--cells", "os=debain-*"], 'Did you mean "debian-12"?'],
    [["run", "pipelines/quickstart.ts", "--cells", "os=debian-13,environment=microvm-*"], "is a hole"],
    [["plan", "nowhere.ts"], "nowhere.ts does not exist"],
    [["plan", "pipelines/cli/home.ts"], "no default export"],
    [["plan", "pipelines/quickstart.ts", "-p", "demonstrate"], "--param name=value"],
    [["plan", "pipelines/quickstart.ts", "-p", "demonstrate=success"], "demonstrate"],
    [["plan", "pipelines/quickstart.ts", "--only", "debian-12/kvm-shh"], "debian-12/kvm-shh"],
    [["run", "pipelines/quickstart.ts", "--width", "none"], "none"],
    [["ssh"], "missing required argument"],
    [["run", "pipelines/quickstart.ts", "--progress", "fast"], "live, plain, json, none"],
    [["run", "pipelines/quickstart.ts", "--json", "--progress", "json"], "cannot be used with"],
    [["plan", "pipelines/quickstart.ts", "--params-file", "nowhere.json"], "nowhere.json"],
  ])("%j is a wrong use: exit 2, and the message says what is meant", (words, message) => {
    const { status, out, err } = edgecert(...words);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(message);
  });

  it("names all mistakes of a definition at once", () => {
    const { status, err } = edgecert("run", "test/fixtures/definitions/wrong.ts");
    expect(status).toBe(2);
    for (const offender of ["soon", "servers", "huge need"]) expect(err).toContain(offender);
  });

  it.each([
    ["a mistake in its syntax", "const a = ;", "definition.ts:1"],
    ["an import that leads nowhere", 'import "./nowhere.ts";', "nowhere.ts"],
    ["an error of its own", 'throw new Error("no such region: moon");', "no such region: moon"],
    ["something thrown that is no error", 'throw "moon";', "moon"],
  ])("says where a definition with %s cannot be loaded", (_what, text, message) => {
    const folder = mkdtempSync(join(tmpdir(), "edgecert-definition-"));
    const file = join(folder, "definition.ts");
    writeFileSync(file, text);
    const { status, err } = edgecert("plan", file);
    rmSync(folder, { recursive: true });
    expect(status).toBe(2);
    expect(err).toContain("The definition cannot be loaded");
    expect(err).toContain(message);
    expect(err).not.toMatch(/node:|defect/);
  });

  it("refuses a folder as a definition", () => {
    const { status, err } = edgecert("plan", "pipelines");
    expect(status).toBe(2);
    expect(err).toContain("The definition cannot be loaded");
  });

  it("refuses an old Node in one sentence", () => {
    // Because only an old Node could show it for real, its version is put in the way of the launcher.
    const old = "Object.defineProperty(process.versions, 'node', { value: '20.20.2' })";
    const done = spawnSync(
      process.execPath,
      ["--import", `data:text/javascript,${encodeURIComponent(old)}`, "pipelines/cli/launch.js"],
      {
        cwd: root,
        encoding: "utf8",
      },
    );
    expect(done.status).toBe(2);
    expect(done.stderr.trim().split("\n")).toHaveLength(1);
    expect(done.stderr).toContain("22.18");
  });

  it("keeps what it compiled in the user's cache, and does without where nothing can be kept", () => {
    const folder = mkdtempSync(join(tmpdir(), "edgecert-cache-"));
    const launch = (cache: string) => {
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      return spawnSync(process.execPath, ["pipelines/cli/launch.js", "--help"], { cwd: root, encoding: "utf8", env });
    };
    expect(launch(folder)).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(join(folder, "edgecert", "node"))).toHaveLength(1);
    writeFileSync(join(folder, "file"), "");
    expect(launch(join(folder, "file"))).toMatchObject({ status: 0, stderr: "" });
    rmSync(folder, { recursive: true });
  });
});
