import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { buildGoProgram } from "./go-program.ts";
import { goToolchain } from "./go-toolchain.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-go-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program that stands for Go: says its version, and builds as told. */
function go(version: string, build: string): void {
  writeFileSync(join(folder, "go"), `#!/bin/sh\nif [ "$1" = env ]; then echo "${version}"; exit; fi\n${build}\n`);
  chmodSync(join(folder, "go"), 0o755);
  vi.stubEnv("PATH", [folder, "/usr/bin", "/bin"].join(delimiter));
}

const build = () =>
  buildGoProgram(
    { go: "go", module: folder, command: "example/tool", linker: "-X a=b", output: join(folder, "out") },
    () => {},
  );

test("a Go of PATH that fetches newer toolchains is used", async () => {
  go("go1.21.0", "exit 0");
  expect(await goToolchain(() => {})).toBe("go");
});

test.each([
  ["go1.19.8", /Go here is go1\.19\.8/],
  ["", /Go here is of no known version/],
])("without pip, Go %s is refused with what to install and what will not do", async (version, why) => {
  go(version, "exit 0");
  vi.stubEnv("PATH", folder);
  const failing = goToolchain(() => {});
  await expect(failing).rejects.toThrow(why);
  await expect(failing).rejects.toThrow(/Install Go 1\.25 or newer.*\bpip\b.*Debian 12's golang-go .* too old/);
});

test("no Go at all is said as such", async () => {
  vi.stubEnv("PATH", folder);
  await expect(goToolchain(() => {})).rejects.toThrow(/Go is not on PATH/);
});

test("a proxy that is not reached is told from a program that does not compile", async () => {
  go("go1.25.1", "echo 'Get \"x\": dial tcp 192.0.2.1:443: i/o timeout' >&2; exit 1");
  await expect(build()).rejects.toThrow(/dial tcp.*GOPROXY.*can be reached/s);
  go("go1.25.1", "echo 'main.go:3: undefined: x' >&2; exit 2");
  await expect(build()).rejects.toThrow(/^go build example\/tool ended with 2: main\.go:3: undefined: x$/);
});

test("a build is nice, has no C, and takes exactly the pinned modules", async () => {
  go("go1.25.1", `echo "$(nice) $CGO_ENABLED $GOFLAGS $*" > ${join(folder, "said")}`);
  await build();
  const said = readFileSync(join(folder, "said"), "utf8");
  expect(said).toMatch(/^19 0 -mod=readonly /);
  expect(said).toContain(`-ldflags -w -s -X a=b -o ${join(folder, "out")} example/tool`);
});
