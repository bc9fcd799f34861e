import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tarOf } from "../../../infra/hosts/tar.ts";

test("the system's tar unpacks content and mode", () => {
  const folder = mkdtempSync(join(tmpdir(), "tar-"));
  try {
    const input = tarOf([
      { path: "etc/hostname", mode: 0o644, content: "node1\n" },
      { path: "root/.ssh/key", mode: 0o600, content: "x".repeat(1500) },
      { path: "empty", mode: 0o755, content: "" },
    ]);
    const end = spawnSync("tar", ["-x", "-C", folder, "--no-same-owner"], { input, encoding: "utf8" });
    expect(end.stderr).toBe("");
    expect(end.status).toBe(0);
    expect(readFileSync(join(folder, "etc/hostname"), "utf8")).toBe("node1\n");
    expect(readFileSync(join(folder, "root/.ssh/key"), "utf8")).toHaveLength(1500);
    expect(statSync(join(folder, "root/.ssh/key")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "empty")).mode & 0o777).toBe(0o755);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("equal files give equal bytes, in whole blocks", () => {
  const files = [{ path: "a", mode: 0o644, content: "b" }];
  expect(tarOf(files).equals(tarOf(files))).toBe(true);
  expect(tarOf(files).length % 512).toBe(0);
});

test("a path that does not fit the header is refused", () => {
  expect(() => tarOf([{ path: "p".repeat(101), mode: 0o644, content: "" }])).toThrow(/longer than 100 bytes/);
});
