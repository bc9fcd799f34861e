import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { seededNumbers } from "../../seeded-numbers.ts";

/** A folder of invented results: the same seed gives the same bytes. */
export interface InputShape {
  readonly cells: number;
  readonly testsPerCell: number;
  /** Of so many tests one fails, with a trace of 20 lines. */
  readonly oneFailsOf: number;
  /** `same` tests on every server, as a matrix has them, or tests of its own in each cell. */
  readonly names: "same" | "own";
}

const systems = ["almalinux-9", "debian-12", "debian-13", "opensuse-15.6", "ubuntu-22.04", "ubuntu-24.04"];
const environments = ["ceph", "firecracker", "kvm-ssh", "lvm", "lxd", "nfs", "qcow2", "vcenter", "zfs", "vxlan"];
const areas = "image network storage user quota migration backup hook template cluster datastore monitor".split(" ");
const verbs = "creates deletes resizes restores lists refuses renames attaches exports resumes".split(" ");
const things =
  "an empty volume;a busy address;two leases at once;an unknown host;a locked template;the last node".split(";");
const complaints: readonly ((number: (below: number) => number) => string)[] = [
  (n) => `expected state 'running' but was 'unknown' after ${n(90)}.${n(10)} s`,
  (n) => `Connection refused - connect(2) for "192.168.${n(250)}.${n(250)}" port ${30_000 + n(30_000)}`,
  (n) => `timed out waiting for VM ${n(9_000)} to reach RUNNING (last state: BOOT)`,
  (n) => `undefined method 'size' for nil at 0x${(n(1e9) + 1e9).toString(16)}`,
  (n) => `No space left on device @ rb_sysopen - /tmp/one-${n(1e6)}/disk.${n(9)}`,
  (n) => `AssertionError: ${n(64)} != ${64 + n(64)} : cores of the guest`,
  () => "AssertionError: expected None to equal 'ready'",
];

/** Writes `junit.xml` into a folder per cell below `root`, in pieces. Gives the number of tests and of failed ones. */
export function writeInput(root: string, shape: InputShape): { readonly tests: number; readonly failed: number } {
  const number = seededNumbers(20_261_124);
  let failed = 0;
  for (let cell = 0; cell < shape.cells; cell += 1) {
    const system = systems[cell % systems.length] ?? "";
    const environment = environments[Math.floor(cell / systems.length) % environments.length] ?? "";
    const path = join(root, system, environment, "junit.xml");
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, "w");
    const [text, bad] = suiteText(shape, cell, (below) => Math.floor(number() * below));
    writeSync(file, text);
    closeSync(file);
    failed += bad;
  }
  return { tests: shape.cells * shape.testsPerCell, failed };
}

function suiteText(shape: InputShape, cell: number, number: (below: number) => number): readonly [string, number] {
  const own = shape.names === "own" ? `Cell${cell}` : "";
  const tests: string[] = [];
  let failed = 0;
  for (let index = 0; index < shape.testsPerCell; index += 1) {
    const area = areas[index % areas.length] ?? "";
    const group = `system.${area}.${own}${area[0]?.toUpperCase()}${area.slice(1)}Test${Math.floor(index / 40) % 200}`;
    const verb = verbs[Math.floor(index / 12) % verbs.length] ?? "";
    const name = `${verb} ${things[index % things.length]} of ${area} ${index}`;
    const head = `<testcase classname="${group}" name="${name}" time="${(number(4_000) / 1_000).toFixed(3)}"`;
    if (number(shape.oneFailsOf) === 0) {
      failed += 1;
      tests.push(`${head}>${failure(number, group)}</testcase>`);
    } else tests.push(`${head}/>`);
  }
  const suite = `<testsuite name="system" tests="${shape.testsPerCell}" failures="${failed}" timestamp="2026-11-24T02:00:00Z">`;
  return [
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${suite}\n${tests.join("\n")}\n</testsuite></testsuites>\n`,
    failed,
  ];
}

function failure(number: (below: number) => number, group: string): string {
  const message = complaints[number(complaints.length)]?.(number) ?? "";
  const lines = Array.from(
    { length: 20 },
    (_, line) =>
      `    at ${group.replace("Test", "Step")}${line}.call (/usr/lib/one/tests/lib/${group}/step_${line}.rb:${number(900)}:in 'block (${number(9)} levels)')`,
  );
  const safe = message.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<failure type="AssertionError" message="${safe}">${safe}\n${lines.join("\n")}</failure>`;
}
