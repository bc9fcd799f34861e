import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");
let checkout: string;

/**
 * A checkout with nothing installed. Its PATH leads only to programs of the test that stand for `npm`, `apt-get` and
 * `sudo`: they write down what they are asked, and bring what the real ones would.
 */
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "edgecert-setup-"));
  for (const folder of ["bin", "pipelines/cli", "infra/hosts"]) mkdirSync(join(checkout, folder), { recursive: true });
  for (const file of ["pipelines/cli/setup.js", "infra/hosts/system-packages.json", "package-lock.json"]) {
    copyFileSync(join(root, file), join(checkout, file));
  }
  writeFileSync(join(checkout, "package.json"), '{ "type": "module" }');
  program(
    "npm",
    'echo "added 1 package"\nmkdir -p node_modules/.bin\nprintf "#!/bin/sh\\necho started \\"\\$@\\"\\n" > node_modules/.bin/node\nchmod 755 node_modules/.bin/node',
  );
  program("sudo", 'test "$1" = -n && shift\nexec "$@"');
  program(
    "apt-get",
    `for name in qemu-system-x86_64 qemu-img mmdebstrap mkfs.ext4 git unshare newuidmap chromium; do
  test "$1" = install && cp ${checkout}/bin/npm ${checkout}/bin/$name
done
true`,
  );
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function program(name: string, script: string): void {
  const path = join(checkout, "bin", name);
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $*" >> ${checkout}/asked\n${script}\n`);
  chmodSync(path, 0o755);
}

function setUp(...words: readonly string[]) {
  const asked = join(checkout, "asked");
  rmSync(asked, { force: true });
  const done = spawnSync(process.execPath, ["pipelines/cli/setup.js", ...words], {
    cwd: checkout,
    encoding: "utf8",
    env: { PATH: join(checkout, "bin") },
  });
  const list = existsSync(asked) ? readFileSync(asked, "utf8").trimEnd().split("\n") : [];
  return {
    status: done.status,
    out: done.stdout,
    err: done.stderr,
    asked: list.filter((line) => !line.startsWith("sudo")),
  };
}

describe("the set-up", () => {
  it("says what it installs, installs it, and starts the command", () => {
    const { status, out, err, asked } = setUp("certify", "--param", "a=b");
    expect({ status, err }).toMatchObject({ status: 0 });
    expect(out).toBe("started pipelines/cli/main.ts run pipelines/quickstart.ts --param a=b\n");
    expect(err).toMatch(/added 1 package/);
    expect(err).toMatch(/Installing the locked npm packages/);
    expect(err).toMatch(/Missing on this machine: qemu-system-x86_64/);
    expect(err).toMatch(/Installing system packages: .*qemu-system-x86/);
    expect(err).toMatch(/Running: .*apt-get update/);
    expect(err).toMatch(/Running: .*apt-get install .*qemu-system-x86/);
    expect(asked.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "npm ci",
      "apt-get update",
      "apt-get install",
    ]);
  });

  it("does nothing of the kind the second time", () => {
    setUp("certify");
    expect(setUp("certify")).toMatchObject({ status: 0, err: "", asked: [] });
  });

  it("repairs a node_modules of another lock file or without its node", () => {
    setUp("check");
    writeFileSync(join(checkout, "package-lock.json"), "{}");
    expect(setUp("check").asked).toEqual(["npm ci --no-progress --loglevel=error"]);
    rmSync(join(checkout, "node_modules", ".bin"), { recursive: true });
    expect(setUp("check").asked).toEqual(["npm ci --no-progress --loglevel=error"]);
  });

  it("needs no system package to check", () => {
    expect(setUp("check").asked).toEqual(["npm ci --no-progress --loglevel=error"]);
  });

  it("says what to install by hand where the package manager fails", () => {
    program("apt-get", "exit 100");
    const { status, err } = setUp("test");
    expect(status).toBe(2);
    expect(err).toMatch(/apt-get did not install .*qemu-system-x86/);
    expect(err).toMatch(/Next: .*sudo apt-get install/);
  });

  it("says what to do where the locked packages cannot be fetched", () => {
    program("npm", "exit 1");
    const { status, err } = setUp("test");
    expect(status).toBe(2);
    expect(err).toMatch(/npm ci did not succeed/);
    expect(existsSync(join(checkout, "node_modules", ".edgecert-installed"))).toBe(false);
  });
});

describe("the command of a CI", () => {
  it("lets no skip pass, also where no CI says that it is one", () => {
    program("npm", `echo "CI=$CI"`);
    const { CI: _, ...environment } = process.env;
    const path = `${join(checkout, "bin")}:/usr/bin:/bin`;
    const done = spawnSync(join(root, ".ci", "run"), { encoding: "utf8", env: { ...environment, PATH: path } });
    expect(done).toMatchObject({ status: 0, stdout: "CI=true\n" });
    expect(readFileSync(join(checkout, "asked"), "utf8")).toBe("npm test\n");
  });
});
