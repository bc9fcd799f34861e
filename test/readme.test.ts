import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { loadDefinition } from "../pipelines/cli/definition.ts";
import { printPlan } from "../pipelines/dsl/index.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const scratch = join(import.meta.dirname, ".readme");
const scripts: Readonly<Record<string, string>> = packageJson.scripts;

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    (match) => match[1] ?? "",
  );
}

const lines = blocks("sh").flatMap((block) => block.trim().split("\n"));

describe("the README", () => {
  it("has only blocks that something here runs", () => {
    const languages = [...readme.matchAll(/^```(\w+)\n/gm)].map((match) => match[1]);
    expect([...new Set(languages)].sort()).toEqual(["sh", "ts"]);
  });

  it("names scripts that exist", () => {
    const named = lines
      .filter((line) => line.startsWith("npm "))
      .map((line) => /^npm (?:run )?(\w+)/.exec(line)?.[1] ?? line);
    expect(named).toEqual(["certify", "test", "certify", "check"]);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it.each(lines.filter((line) => line.startsWith("npx edgecert plan")))("prints with: %s", (line) => {
    const done = spawnSync(process.execPath, ["pipelines/cli/main.ts", ...line.split(" ").slice(2)], {
      cwd: root,
      encoding: "utf8",
    });
    expect({ status: done.status, stderr: done.stderr }).toEqual({ status: 0, stderr: "" });
    expect(done.stdout).toContain("results");
  });

  it("shows a definition that compiles and plans", async () => {
    const [block = ""] = blocks("ts");
    mkdirSync(scratch, { recursive: true });
    const file = join(scratch, "definition.ts");
    writeFileSync(file, block.replaceAll('"./dsl/', '"../../pipelines/dsl/'));
    const options = { ...compilerOptions(), noEmit: true };
    const complaints = ts.getPreEmitDiagnostics(ts.createProgram([file], options)).map((one) => one.messageText);
    expect(complaints).toEqual([]);
    const { pipeline } = await loadDefinition(file);
    const text = printPlan(await pipeline.plan({ greeting: "hi" }), "text");
    expect(text).toContain("echo@debian-13");
  }, 60_000);

  it("links only to what exists", () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? "");
    expect(targets.length).toBeGreaterThan(3);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options;
}

describe("every definition", () => {
  it("plans with its defaults", () => {
    const tracked = execFileSync("git", ["ls-files", "pipelines/*.ts", "pipelines/opennebula/*.ts"], {
      cwd: root,
      encoding: "utf8",
    });
    const files = tracked.split("\n").filter((name) => /^pipelines\/(opennebula\/)?[^/]+\.ts$/.test(name));
    expect(files).toContain("pipelines/quickstart.ts");
    for (const file of files) {
      const done = spawnSync(process.execPath, ["pipelines/cli/main.ts", "plan", file, "--json"], {
        cwd: root,
        encoding: "utf8",
      });
      expect({ file, status: done.status, stderr: done.stderr }).toEqual({ file, status: 0, stderr: "" });
    }
  }, 60_000);
});
