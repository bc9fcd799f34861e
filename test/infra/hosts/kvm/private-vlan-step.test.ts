import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { saidIn } from "../../../../infra/hosts/kvm/facts.ts";
import { privateVlanStep } from "../../../../infra/hosts/kvm/private-vlan-step.ts";
import { checkScript } from "../../../../infra/hosts/kvm/step-script.ts";
import { decodeSteps } from "../../../../infra/hosts/kvm/step-words.ts";

const step = privateVlanStep({ id: 1918, address: "10.70.0.2/22" });
const [script] = step.files;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-vlan-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** An `ip` of a host whose default route is over `eno1` and that has one more address; it keeps what it is told in `said`. */
function host(address: string): void {
  const ip = `#!/bin/sh
case "$*" in
  "-4 route show default") echo "default via 192.0.2.1 dev eno1 proto dhcp src 192.0.2.2";;
  "-4 -o addr show") echo "2: eno1    inet 192.0.2.2/24 brd 192.0.2.255"; echo "${address}";;
  *) echo "ip $*" >> ${folder}/said;;
esac
`;
  writeFileSync(join(folder, "said"), "");
  writeFileSync(join(folder, "ip"), ip);
  chmodSync(join(folder, "ip"), 0o755);
}

const shell = (input: string, ...args: readonly string[]) =>
  spawnSync("/bin/sh", ["-s", ...args], { input, encoding: "utf8", env: { PATH: `${folder}:${process.env.PATH}` } });

/** Runs the host's script, and gives what it told `ip`. */
function run(word: "up" | "down"): readonly string[] {
  expect(shell(script?.body ?? "exit 1", word)).toMatchObject({ status: 0, stderr: "" });
  return readFileSync(join(folder, "said"), "utf8").split("\n").filter(Boolean);
}

test("the VLAN stands on the interface of the default route, has the address, and goes again", () => {
  host("");
  expect(run("up")).toEqual([
    "ip link add link eno1 name edgecert-vlan type vlan id 1918",
    "ip addr add 10.70.0.2/22 dev edgecert-vlan",
    "ip link set edgecert-vlan up",
  ]);
  expect(run("down").at(-1)).toBe("ip link delete edgecert-vlan");
});

test("a device that has the address keeps it, and one with a longer address is not taken for it", () => {
  host("3: eth1    inet 10.70.0.2/22 brd 10.70.3.255 scope global eth1");
  expect(run("up")).toEqual([]);
  host("3: eth1    inet 110.70.0.2/22 brd 10.70.3.255 scope global eth1");
  expect(run("up")).toHaveLength(3);
});

test("a host without the address says so, and one that would lose it at its next boot", () => {
  const wants = join(folder, "wants");
  mkdirSync(wants);
  const check = step.check.map((line) => line.replaceAll("/etc/systemd/system/multi-user.target.wants", wants));
  const look = () => {
    const { stdout } = shell(checkScript([{ ...step, files: [], check }]));
    const said = decodeSteps(stdout.split("\n").map((line) => saidIn(line) ?? []));
    return said.map(({ state, why }) => [state, why]);
  };
  host("");
  expect(look()).toEqual([["needed", "no device has 10.70.0.2/22"]]);
  host("3: edgecert-vlan    inet 10.70.0.2/22 brd 10.70.3.255");
  expect(look()).toEqual([["needed", "edgecert-vlan is not made at boot"]]);
  writeFileSync(join(wants, "edgecert-private-vlan.service"), "");
  expect(look()).toEqual([["in order", ""]]);
});
