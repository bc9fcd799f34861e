import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decodeFacts, type Said, saidIn } from "../../../../infra/hosts/kvm/facts.ts";
import { confirmCommand } from "../../../../infra/hosts/kvm/network-change.ts";
import { contentOf, type HostFile, type Step } from "../../../../infra/hosts/kvm/step.ts";
import { applyScript, checkScript } from "../../../../infra/hosts/kvm/step-script.ts";
import { decodeSteps, decodeWord } from "../../../../infra/hosts/kvm/step-words.ts";
import { unavailable } from "../../../unavailable.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-steps-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in the shell of this machine, as a host would. */
function run(script: string): { readonly said: readonly Said[]; readonly code: number | null } {
  const { stdout, status } = spawnSync("/bin/sh", ["-s"], { input: script, encoding: "utf8" });
  return { said: stdout.split("\n").flatMap((line) => [saidIn(line) ?? []]), code: status };
}

const states = (said: readonly Said[]) => decodeSteps(said).map(({ step, state, why }) => ({ step, state, why }));

function fileStep(name: string, body = "one\ntwo\n"): Step & { readonly files: readonly [HostFile] } {
  return { name, why: "a file", files: [{ path: join(folder, name), body }], check: [], apply: [] };
}

const step = (name: string, check: readonly string[], apply: readonly string[]): Step => ({
  ...{ name, why: "a test", files: [], check, apply },
});

test("a check says of every step how it stands and tells the facts of the machine", () => {
  const there = fileStep("there");
  writeFileSync(there.files[0].path, contentOf(there.files[0]));
  const { said, code } = run(checkScript([there, fileStep("missing"), step("bad", ["needed 'this and that'"], [":"])]));
  expect(code).toBe(0);
  expect(states(said)).toEqual([
    { step: "there", state: "in order", why: "" },
    { step: "missing", state: "needed", why: `${join(folder, "missing")} is missing` },
    { step: "bad", state: "needed", why: "this and that" },
  ]);
  const facts = decodeFacts(said);
  expect(facts).toMatchObject({ kernel: expect.stringMatching(/^\d/), cores: expect.any(Number) });
});

test("a file of an earlier request is of another request, one that was changed by hand is kept", () => {
  const [mine, hand] = [fileStep("mine"), fileStep("hand")];
  writeFileSync(mine.files[0].path, contentOf({ ...mine.files[0], body: "an earlier body\n" }));
  writeFileSync(hand.files[0].path, `${contentOf(hand.files[0])}and a line of the administrator's\n`);
  expect(states(run(checkScript([mine, hand])).said)).toEqual([
    { step: "mine", state: "needed", why: `${mine.files[0].path} is of another request` },
    { step: "hand", state: "kept", why: `changed by hand: ${hand.files[0].path}` },
  ]);
});

test.each([
  ["a file that somebody else wrote", "their own\n"],
  ["an empty file", ""],
])("%s is never overwritten", (_, text) => {
  const foreign = fileStep("foreign");
  writeFileSync(foreign.files[0].path, text);
  expect(states(run(checkScript([foreign])).said)[0]?.state).toBe("kept");
});

test("settings of the kernel are compared as a whole, however the kernel hands them out", () => {
  const path = "/proc/sys/kernel/pid_max";
  const value = readFileSync(path, "utf8").trim();
  const settings = [path, "/proc/sys/kernel/no-such-thing"];
  const steps = [
    { ...step("equal", [`value_is ${path} ${value}`], [":"]), settings },
    { ...step("reached", [`value_reaches ${path} ${Number(value) - 1}`], [":"]), settings },
    { ...step("other", [`value_is ${path} 1`], [":"]), settings },
    { ...step("absent", ["value_is /proc/sys/kernel/no-such-thing 1"], [":"]), settings },
  ];
  expect(states(run(checkScript(steps)).said).map(({ state, why }) => [state, why])).toEqual([
    ["in order", ""],
    ["in order", ""],
    ["needed", `${path} is ${value}, not 1`],
    ["needed", "/proc/sys/kernel/no-such-thing is missing, not 1"],
  ]);
});

const isRoot = process.getuid?.() === 0;

test("steps are brought in order once: a second run changes nothing", (context) => {
  if (!isRoot) return context.skip(unavailable.root);
  const made = join(folder, "made");
  const steps = [
    fileStep("file"),
    step("make", [`[ -e ${made} ] || needed '${made} is not there'`], [`touch ${made}`]),
  ];
  expect(states(run(applyScript(steps)).said).map(({ state }) => state)).toEqual(["done", "done"]);
  expect(states(run(applyScript(steps)).said).map(({ state }) => state)).toEqual(["in order", "in order"]);
  expect(states(run(checkScript(steps)).said).map(({ state }) => state)).toEqual(["in order", "in order"]);
});

test("a step that fails in its middle goes no further, says how it ended, and stops the rest", (context) => {
  if (!isRoot) return context.skip(unavailable.root);
  const after = join(folder, "after");
  const steps = [
    step("breaks", ["needed 'it always is'"], ["false", `touch ${after}`]),
    step("later", ["needed 'it always is'"], [`touch ${after}`]),
  ];
  const { said, code } = run(applyScript(steps));
  expect(code).not.toBe(0);
  expect(said.flatMap((one) => decodeWord(one) ?? [])).toMatchObject([
    { kind: "begin", step: "breaks" },
    { kind: "step", step: "breaks", state: "failed", end: "1" },
  ]);
  expect(() => readFileSync(after)).toThrow();
});

test("a step that ends well and mends nothing has failed", (context) => {
  if (!isRoot) return context.skip(unavailable.root);
  const { said } = run(applyScript([step("idle", ["needed 'a thing is wrong'"], [":"])]));
  expect(said.flatMap((one) => decodeWord(one) ?? []).at(-1)).toMatchObject({
    ...{ kind: "step", state: "failed", end: "still: a thing is wrong" },
  });
});

/** A change of the network, here a file, and programs in the place of systemd's. */
async function changed(timer: "arms" | "refuses", patienceSeconds: number, onConfirm: (token: string) => void) {
  for (const [name, line] of [
    ["systemd-run", timer === "arms" ? "exit 0" : "exit 1"],
    ["systemctl", "exit 0"],
  ] as const)
    writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  const [device, boot] = [join(folder, "device"), join(folder, "at-boot")];
  const bridge: Step = {
    ...step("bridge", [`[ -e ${device} ] && [ -e ${boot} ] || needed 'no bridge'`], [`touch ${device}`]),
    guard: { undo: [`rm -f ${device}`], keep: [`touch ${boot}`] },
  };
  const last = step("last", ["needed 'it always is'"], ["false"]);
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  const child = spawn("/bin/sh", ["-s"], { env, stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(applyScript([bridge, last], patienceSeconds));
  const said: Said[] = [];
  for await (const line of createInterface(child.stdout)) {
    const words = saidIn(line) ?? [];
    said.push(words);
    const word = decodeWord(words);
    if (word?.kind === "confirm") onConfirm(word.token);
  }
  return { steps: decodeSteps(said), device: existsSync(device), boot: existsSync(boot) };
}

test("a change of the network that a new connection confirms is kept, and lasts", async (context) => {
  if (!isRoot) return context.skip(unavailable.root);
  const { steps, device, boot } = await changed("arms", 20, (token) => spawnSync("sh", ["-c", confirmCommand(token)]));
  expect(steps.slice(0, 2)).toMatchObject([
    { step: "reach", state: "done" },
    { step: "bridge", state: "done" },
  ]);
  expect({ device, boot }).toEqual({ device: true, boot: true });
  expect(steps.at(-1)).toMatchObject({ step: "last", state: "failed" });
});

test("one that nobody confirms is taken back, does not last, and stops the rest", async (context) => {
  if (!isRoot) return context.skip(unavailable.root);
  const { steps, device, boot } = await changed("arms", 0.2, () => {});
  expect(steps).toMatchObject([{ step: "bridge", state: "failed" }]);
  expect({ device, boot }).toEqual({ device: false, boot: false });
});

test("one that the host could not take back by itself is never made", async (context) => {
  if (!isRoot) return context.skip(unavailable.root);
  const { steps, device } = await changed("refuses", 20, () => {});
  expect(steps).toMatchObject([{ step: "bridge", state: "failed" }]);
  expect(device).toBe(false);
});

test("what a host says that nobody asked for is no word", () => {
  expect(saidIn("Setting up libvirt ...")).toBeUndefined();
  expect(decodeWord(["step", "x", "exploded", "", "1"])).toBeUndefined();
  expect(decodeWord(["confirm", "1; rm -rf /"])).toBeUndefined();
  expect(decodeFacts([["fact", "os", "debian-12"]])).toHaveProperty("problem");
});
