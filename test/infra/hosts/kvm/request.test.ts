import { expect, test } from "vitest";
import { type HypervisorRequest, natBridge, requestProblems } from "../../../../infra/hosts/kvm/request.ts";

test("a request with nothing in it is good, and so is one with everything", () => {
  const everything: HypervisorRequest = {
    libvirt: "modular",
    bridge: { name: "br0", subnet: "10.0.0.0/16" },
    vlans: [{ id: 1, bridge: "br1", device: "eth0.5" }],
    vxlans: [{ id: 16_777_215, bridge: "br2", port: 8472 }],
    account: { name: "oneadmin", uid: 9869, home: "/var/lib/one", authorizedKeys: ["ssh-ed25519 AAAA me@here"] },
  };
  expect(requestProblems({})).toEqual([]);
  expect(requestProblems(everything)).toEqual([]);
});

test("all problems are told at once, each with the value", () => {
  const request: HypervisorRequest = {
    bridge: { name: "a-name-that-is-too-long", subnet: "10.0.0.1/24" },
    vlans: [{ id: 5000, bridge: "br1; reboot" }],
    account: { name: "Root", authorizedKeys: ["ssh-ed25519 AAAA\nssh-ed25519 BBBB"] },
  };
  const problems = requestProblems(request);
  expect(problems).toHaveLength(6);
  for (const word of ["a-name-that-is-too-long", "10.0.0.1/24", "5000", "br1; reboot", "Root", "BBBB"])
    expect(problems.join("\n")).toContain(word);
});

test("two bridges of one name are refused, also beside the default one", () => {
  const vlans = [{ id: 7, bridge: "edgebr0" }];
  expect(requestProblems({ vlans })).toEqual(['bridge "edgebr0" is asked for more than once']);
});

test.each([
  ["192.168.215.0/24", "192.168.215.1", "192.168.215.2", "192.168.215.253", "192.168.215.254", "255.255.255.0"],
  ["10.20.0.0/16", "10.20.0.1", "10.20.0.2", "10.20.255.253", "10.20.255.254", "255.255.0.0"],
  ["172.16.3.240/28", "172.16.3.241", "172.16.3.242", "172.16.3.253", "172.16.3.254", "255.255.255.240"],
])("%s is divided among host, guests and test guest", (subnet, host, first, last, proof, netmask) => {
  expect(natBridge({ subnet })).toMatchObject({ host, first, last, proof, netmask, name: "edgebr0" });
});

test.each(["300.0.0.0/24", "10.0.0.0/8", "10.0.0.0/29", "10.0.0.1/24", "10.0.0.0", "::/64"])(
  "%s is no network for guests",
  (subnet) => {
    expect(requestProblems({ bridge: { subnet } })).toHaveLength(1);
  },
);
