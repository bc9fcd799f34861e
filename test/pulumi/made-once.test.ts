import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { madeOnce } from "./made-once.ts";

let cache: string;

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "edgecert-made-once-"));
});
afterEach(() => rmSync(cache, { recursive: true }));

const silent = () => {};

/** Another process that makes the folder: it notes that it began, and ends when `go` is there. */
function maker() {
  const program = `
    import { appendFileSync, existsSync, watch, writeFileSync } from "node:fs";
    import { madeOnce } from ${JSON.stringify(join(import.meta.dirname, "made-once.ts"))};
    await madeOnce("${cache}/thing", async (half) => {
      writeFileSync(half + "/file", "whole");
      const gone = new Promise((done) => watch("${cache}", () => existsSync("${cache}/go") && done()));
      appendFileSync("${cache}/began", "x");
      console.log("began");
      if (!existsSync("${cache}/go")) await gone;
    }, console.error);
    process.exit(0);`;
  return spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

test("two processes at once make it once, and the second says that it waits", async () => {
  const first = maker();
  await once(first.stdout, "data");
  const second = maker();
  const [said] = await once(second.stderr, "data");
  expect(String(said)).toContain(`waiting for another process, which makes ${cache}/thing`);
  expect(existsSync(join(cache, "thing"))).toBe(false);
  const ends = Promise.all([once(first, "close"), once(second, "close")]);
  writeFileSync(join(cache, "go"), "");
  expect(await ends).toEqual([
    [0, null],
    [0, null],
  ]);
  expect(readFileSync(join(cache, "began"), "utf8")).toBe("x");
  expect(readFileSync(join(cache, "thing", "file"), "utf8")).toBe("whole");
});

test("a maker that is killed leaves nothing that counts, and the next one clears it away", async () => {
  const killed = maker();
  await once(killed.stdout, "data");
  killed.kill("SIGKILL");
  await once(killed, "close");
  expect(existsSync(join(cache, "thing"))).toBe(false);
  await madeOnce(join(cache, "thing"), async (half) => writeFileSync(join(half, "file"), "new"), silent);
  expect(readdirSync(cache).sort()).toEqual(["began", "thing"]);
});

test("a maker that fails leaves nothing, and what was made is not made again", async () => {
  const failing = madeOnce(join(cache, "thing"), () => Promise.reject(new Error("disk full")), silent);
  await expect(failing).rejects.toThrow("disk full");
  expect(readdirSync(cache)).toEqual([]);
  mkdirSync(join(cache, "thing"));
  expect(await madeOnce(join(cache, "thing"), () => Promise.reject(new Error("made again")), silent)).toBe(
    join(cache, "thing"),
  );
});
