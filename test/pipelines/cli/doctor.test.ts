import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
let bin: string;

/** A PATH with nothing but programs that stand for `apt-get` and `sudo`, and write down what they are asked. */
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "edgecert-doctor-"));
  program("sudo", 'test "$1" = -n || exit 1\nshift\nexec "$@"');
  program(
    "apt-get",
    `for name in qemu-system-x86_64 qemu-img mmdebstrap mkfs.ext4 git unshare newuidmap; do
  test "$1" = install && cp ${bin}/sudo ${bin}/$name
done
echo "output of apt-get"`,
  );
});
afterEach(() => rmSync(bin, { recursive: true, force: true }));

function program(name: string, script: string): void {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/sh\nPATH=$PATH:/usr/bin:/bin\necho "${name} $*" >> ${bin}/asked\n${script}\n`);
  chmodSync(path, 0o755);
}

function doctor(...words: readonly string[]) {
  return spawnSync(process.execPath, ["pipelines/cli/main.ts", "doctor", ...words], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: bin, HOME: bin, NO_COLOR: "1" },
  });
}

describe("doctor", () => {
  function pulumi() {
    const findings: readonly { readonly subject: string }[] = JSON.parse(doctor("--json").stdout);
    return findings.find((one) => one.subject === "pulumi");
  }

  it("remarks that Pulumi is missing or too old, which is no defect of a machine that runs servers of its own", () => {
    expect(pulumi()).toMatchObject({
      state: "remark",
      detail: expect.stringMatching(/only edge clusters need.*3\.211\.0/),
    });
    program("pulumi", "echo v3.100.0");
    expect(pulumi()).toMatchObject({ state: "remark", detail: expect.stringMatching(/Pulumi 3\.100\.0 is too old/) });
    program("pulumi", "echo v3.250.0");
    expect(pulumi()).toMatchObject({ state: "well", detail: expect.stringContaining(`${bin}/pulumi 3.250.0`) });
  });
});

describe("doctor --fix", () => {
  it("installs from a fresh list of packages, and its output stays JSON", () => {
    expect(doctor().status).toBe(2);
    const { status, stdout, stderr } = doctor("--fix", "--json");
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("output of apt-get") });
    const findings: readonly { readonly state: string }[] = JSON.parse(stdout);
    expect(findings.filter((one) => one.state === "missing")).toEqual([]);
    const asked = readFileSync(join(bin, "asked"), "utf8").trimEnd().split("\n");
    expect(asked.filter((line) => line.startsWith("apt-get")).map((line) => line.split(" ")[1])).toEqual([
      "update",
      "install",
    ]);
  });

  it("says what to install by hand where that fails", () => {
    program("apt-get", "exit 100");
    const { status, stderr } = doctor("--fix");
    expect(status).toBe(2);
    expect(stderr).toMatch(/Install these by hand, then try again: .*qemu-system-x86/);
  });
});
