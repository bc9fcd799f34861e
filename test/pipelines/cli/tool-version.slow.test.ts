import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../../pipelines/dsl/event.ts";
import { edgecert, processesWith, testHome } from "../../certify-process.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const approval = join(root, "test/fixtures/definitions/approval.ts");
let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-version-"));
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** The tool as another version of it, in a folder of its own: each file with its texts replaced. */
function otherVersion(name: string, changes: readonly (readonly [file: string, from: string, to: string])[]): string {
  const place = join(folder, name);
  for (const part of ["pipelines", "infra", "reports", "package.json"]) {
    cpSync(join(root, part), join(place, part), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  for (const [file, from, to] of changes) {
    const text = readFileSync(join(place, file), "utf8");
    if (!text.includes(from)) throw new Error(`${file} does not hold ${from}`);
    writeFileSync(join(place, file), text.replace(from, to));
  }
  return join(place, "pipelines/cli/main.ts");
}

async function done(...words: readonly string[]) {
  const process = edgecert(...words);
  const code = await process.ended;
  return { code, out: process.out.join("\n"), err: process.err.join("\n") };
}

/** Runs a command of another version of the tool. */
function doneBy(program: string, ...words: readonly string[]) {
  const environment = { ...process.env, EDGECERT_HOME: testHome, NO_COLOR: "1" };
  const child = spawn(process.execPath, [program, ...words], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.on("data", (chunk) => out.push(String(chunk)));
  child.stderr.on("data", (chunk) => err.push(String(chunk)));
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, out: out.join(""), err: err.join("") }));
  });
}

async function waitingRun(definition = approval): Promise<string> {
  const { code, out, err } = await done("run", definition, "--json");
  expect({ code, err }).toMatchObject({ code: 5 });
  const first: Event = JSON.parse(out.split("\n")[0] ?? "{}");
  return first.run;
}

function postmasters(): readonly number[] {
  const moved = globSync("/var/lib/edgecert-*/home.txt").find((file) => readFileSync(file, "utf8").trim() === testHome);
  return processesWith("postgres", "-D", moved === undefined ? testHome : dirname(moved)).map(({ pid }) => pid);
}

describe("a run that waits for an approval", () => {
  it("is approved by a newer version of the tool, and goes on in it", async () => {
    const run = await waitingRun();
    expect(postmasters()).toEqual([]);
    const newer = otherVersion("newer", [
      ["package.json", '"version": "0.1.0"', '"version": "9.9.9"'],
      // Because the engine takes a changed workflow for another application unless it is told otherwise.
      ["pipelines/engine/durable.ts", "guarded(run, (live) =>\n", "guarded(run, (live /* newer */) =>\n"],
    ]);
    const { code, out, err } = await doneBy(newer, "approve", run, "--by", "owner");
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(out).toContain("Certified: all 2 cells passed");
    const certificate = JSON.parse(readFileSync(join(testHome, "runs", run, "certificate.json"), "utf8"));
    expect(certificate.tool.version).toBe("0.1.0");
    expect((await done("logs", run, "published")).out).toContain("published, as owner agreed");
  });

  it("is not decided by a version of another protocol, which says so; the old one still can", async () => {
    const run = await waitingRun();
    const stranger = otherVersion("stranger", [["pipelines/engine/store/schema.ts", '"edgecert-1";', '"edgecert-2";']]);
    const refused = await doneBy(stranger, "approve", run);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("was begun by another edgecert") });
    expect(refused.err).toContain(`edgecert list --machines --release ${run}`);
    expect((await done("approve", run)).code).toBe(0);
  });

  it("is not decided once its definition plans something else; as it was it can", async () => {
    const definition = join(folder, "approval.ts");
    const text = readFileSync(approval, "utf8")
      .replace("../../../pipelines/dsl/index.ts", join(root, "pipelines/dsl/index.ts"))
      .replace("./smoke-suite.ts", join(root, "test/fixtures/definitions/smoke-suite.ts"));
    writeFileSync(definition, text);
    const run = await waitingRun(definition);
    writeFileSync(definition, text.replace('"debian-13"', '"debian-13", "debian-14"'));
    for (const word of ["approve", "reject"]) {
      const refused = await done(word, run);
      expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("has changed since the run began") });
    }
    writeFileSync(definition, text);
    expect(JSON.parse((await done("status", run, "--json")).out)).toMatchObject({ state: "waiting-approval" });
    expect((await done("approve", run)).code).toBe(0);
  });

  it("is approved after its database was killed under a reader", async () => {
    const run = await waitingRun();
    const reader = edgecert("logs", run, "--follow", "--json");
    await reader.next((event) => event.type === "approval.waiting");
    const [postmaster] = postmasters();
    if (postmaster === undefined) throw new Error("no database of the test home runs");
    process.kill(postmaster, "SIGKILL");
    const { code, err } = await done("approve", run);
    expect({ code, err }).toMatchObject({ code: 0 });
    expect(await reader.ended).toBe(0);
  });
});
