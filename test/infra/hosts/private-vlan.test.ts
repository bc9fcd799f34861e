import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { vlanScript } from "../../../infra/hosts/private-vlan.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-vlan-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `ip` and `systemctl` of a host whose default route is over `eno1`: they keep what they are told in `said`. */
function host(addresses: string): void {
  const ip = `case "$*" in
    "-4 route show default") echo "default via 192.0.2.1 dev eno1 proto dhcp src 192.0.2.2";;
    "-4 -o addr show") echo "2: eno1    inet 192.0.2.2/24 brd 192.0.2.255"; echo "${addresses}";;
    "link show edgecert-vlan") test -e ${folder}/vlan;;
    *) echo "ip $*" >> ${folder}/said; case "$*" in "link add"*) touch ${folder}/vlan;; esac;;
  esac`;
  const systemctl = `echo "systemctl $*" >> ${folder}/said; case "$*" in restart*) exec ${folder}/program;; esac`;
  for (const [name, script] of Object.entries({ ip, systemctl })) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}

/** Runs the script as that host would, and gives what it was told. */
function run(): string[] {
  const script = vlanScript({ id: 1918, address: "10.70.0.2/22" })
    .replaceAll("/usr/local/sbin/edgecert-private-vlan", join(folder, "program"))
    .replaceAll("/etc/systemd/system/edgecert-private-vlan.service", join(folder, "unit"));
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  execFileSync("sh", ["-c", script], { env });
  const said = join(folder, "said");
  return existsSync(said) ? readFileSync(said, "utf8").trim().split("\n") : [];
}

test("the VLAN stands on the interface of the default route, has the address, and comes back at boot", () => {
  host("");
  expect(run()).toEqual([
    "systemctl daemon-reload",
    "systemctl enable --quiet edgecert-private-vlan.service",
    "systemctl restart edgecert-private-vlan.service",
    "ip link add link eno1 name edgecert-vlan type vlan id 1918",
    "ip addr replace 10.70.0.2/22 dev edgecert-vlan",
    "ip link set edgecert-vlan up",
  ]);
  expect(readFileSync(join(folder, "unit"), "utf8")).toContain("WantedBy=multi-user.target");
});

test("a second time the interface is not made again", () => {
  host("");
  run();
  writeFileSync(join(folder, "said"), "");
  expect(run().filter((line) => line.startsWith("ip "))).toEqual([
    "ip addr replace 10.70.0.2/22 dev edgecert-vlan",
    "ip link set edgecert-vlan up",
  ]);
});

test("a host that has the address is left alone, and one with a longer address is not taken for it", () => {
  host("3: eth1    inet 10.70.0.2/22 brd 10.70.3.255 scope global eth1");
  expect(run()).toEqual([]);
  host("3: eth1    inet 110.70.0.2/22 brd 10.70.3.255 scope global eth1");
  expect(run()).toHaveLength(6);
});
