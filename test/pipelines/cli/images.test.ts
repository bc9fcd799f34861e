import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { overlayOn, storeImage } from "../../infra/images/stored.ts";

const root = join(import.meta.dirname, "..", "..", "..");
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "edgecert-images-"));
});
afterEach(() => rmSync(home, { recursive: true }));

function images(...words: readonly string[]) {
  const done = spawnSync(process.execPath, ["pipelines/cli/main.ts", "images", ...words], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, EDGECERT_HOME: home, NO_COLOR: "1" },
  });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

describe("edgecert images", () => {
  it("says that there are none yet", () => {
    expect(images()).toEqual({ status: 0, out: "No images yet: a run builds what it needs.\n", err: "" });
    expect(images("--json").out).toBe("[]\n");
  });

  it("lists system, processor, size, age, last use, state and packages, and who uses one", () => {
    const folder = storeImage(home, { os: "debian-12", packages: ["python3", "cpio"] });
    storeImage(home, { os: "debian-13", packages: [] });
    const server = join(home, "local", "servers", "node1-aa");
    mkdirSync(server, { recursive: true });
    writeFileSync(join(server, "disk.qcow2"), overlayOn(join(folder, "disk.raw")));
    const lines = images().out.split("\n");
    expect(lines[0]).toMatch(/^ID +SYSTEM +ARCH +SIZE +BUILT +LAST USED +STATE +PACKAGES$/);
    const words = /^[0-9a-f]{16} +debian-12 +amd64 +0 MiB +.* ago +\d+ s ago +used by server node1-aa +python3 cpio$/m;
    expect(lines.join("\n")).toMatch(words);
    expect(lines.join("\n")).toMatch(/debian-13 .* ready +-$/m);
    expect(lines).toContain("2 images, 0 MiB");
    expect(JSON.parse(images("--json").out)).toMatchObject([{ state: "ready" }, { state: "ready" }]);
  });

  it("removes by system or by the beginning of an id", () => {
    const one = storeImage(home, { os: "debian-12", packages: ["python3"] });
    const other = storeImage(home, { os: "debian-13", packages: [] });
    const { status, out } = images("remove", one.split("/").at(-1)?.slice(0, 6) ?? "", "--json");
    expect({ status, json: JSON.parse(out) }).toMatchObject({ status: 0, json: [{ removed: true, usedBy: [] }] });
    expect([existsSync(one), existsSync(other)]).toEqual([false, true]);
    expect(images("remove", "debian-13").out).toMatch(/^removed [0-9a-f]{16} debian-13/);
  });

  it("refuses a word that names none before it removes any, and lists what there is", () => {
    const folder = storeImage(home, { os: "debian-12", packages: [] });
    const { status, err } = images("remove", "debian-12", "debian-14");
    expect({ status, kept: existsSync(folder) }).toEqual({ status: 2, kept: true });
    expect(err).toContain('"debian-14"');
    expect(err).toContain("(debian-12)");
  });

  it("refuses one in use by naming who uses it, and removes the others", () => {
    const used = storeImage(home, { os: "debian-12", packages: [] });
    const free = storeImage(home, { os: "debian-12", packages: ["python3"] });
    const server = join(home, "local", "servers", "node1-aa");
    mkdirSync(server, { recursive: true });
    writeFileSync(join(server, "disk.qcow2"), overlayOn(join(used, "disk.raw")));
    const { status, err } = images("remove", "debian-12");
    expect({ status, used: existsSync(used), free: existsSync(free) }).toEqual({ status: 2, used: true, free: false });
    expect(err).toContain("Used by server node1-aa.");
  });

  it("says what is kept to build from, and removes it without touching an image", () => {
    const folder = storeImage(home, { os: "debian-12", packages: [] });
    const base = join(home, "images", "bases", "debian-12-0123.tar");
    mkdirSync(join(home, "images", "bases"));
    writeFileSync(base, Buffer.alloc(3 * 2 ** 20));
    expect(images().out).toContain("3 MiB more are kept to build from: edgecert images remove --supplies\n");
    expect(images("remove", "--supplies").out).toBe(`removed base ${base}, 3 MiB\n`);
    expect([existsSync(base), existsSync(folder)]).toEqual([false, true]);
    expect(images("remove", "--supplies").out).toBe("Nothing is kept to build from.\n");
  });

  it.each([
    [["build", "debian-99"], "debian-99 is none of debian-11, debian-12, debian-13"],
    [["build", "debian-12", "--package", "a b"], '"a b"'],
    [["build", "debian-12", "--arch", "riscv64"], "amd64, arm64"],
    [["build"], "missing required argument"],
    [["remove"], "name images to remove, or say --supplies"],
    [["remove", "debian-12", "--supplies"], "name images to remove, or say --supplies"],
    [["biuld", "debian-12"], "too many arguments"],
  ])("%j is a wrong use: exit 2", (words, message) => {
    const { status, out, err } = images(...words);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(message);
  });
});
