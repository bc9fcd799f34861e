import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachmentPath } from "../../reports/attachment-path.ts";

let top: string;
let folder: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "edgecert-attachments-")));
  folder = join(top, "run");
  mkdirSync(join(folder, "cell", "screens"), { recursive: true });
  writeFileSync(join(top, "secret.txt"), "secret");
  writeFileSync(join(folder, "cell", "screens", "a b.png"), "png");
  writeFileSync(join(folder, "log.txt"), "log");
});
afterEach(() => rmSync(top, { recursive: true }));

const found = (name: string) => attachmentPath(folder, "cell/results.xml", name);

describe("attachmentPath", () => {
  it.each([
    ["screens/a b.png", "cell/screens/a b.png"],
    ["screens\\a b.png", "cell/screens/a b.png"],
    ["./screens/../screens/a b.png", "cell/screens/a b.png"],
    ["log.txt", "log.txt"],
    ["../log.txt", "log.txt"],
  ])("finds %s beside the result file or in the folder", async (name, path) => {
    expect(await found(name)).toBe(join(folder, path));
  });

  it.each([
    "",
    " ",
    "../../secret.txt",
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "C:\\boot.ini",
    "\\\\host\\x",
    "a\0b",
    "screens",
    ".",
    "none.txt",
    "x".repeat(5_000),
  ])("finds nothing for %j", async (name) => expect(await found(name)).toBeNull());

  it("follows no link that leads out, and takes no pipe", async () => {
    symlinkSync(join(top, "secret.txt"), join(folder, "cell", "link.txt"));
    symlinkSync(top, join(folder, "cell", "up"));
    symlinkSync(join(folder, "log.txt"), join(folder, "cell", "inside.txt"));
    execFileSync("mkfifo", [join(folder, "cell", "pipe")]);
    expect(await Promise.all(["link.txt", "up/secret.txt", "pipe"].map(found))).toEqual([null, null, null]);
    expect(await found("inside.txt")).toBe(join(folder, "log.txt"));
  });
});
