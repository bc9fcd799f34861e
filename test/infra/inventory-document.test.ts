import { expect, test } from "vitest";
import { inventoryFormat, readInventory } from "../../infra/inventory-document.ts";

const rack = {
  name: "rack1",
  os: "debian-12",
  ssh: { host: "10.0.0.5", user: "root", hostKey: "ssh-ed25519 AAAAhost" },
};

function read(hosts: unknown, format = inventoryFormat) {
  return readInventory(JSON.stringify({ format, hosts }), "machines.json");
}

test("a machine of one's own needs a name, a system and a way to it; the rest is as usual", () => {
  expect(read([rack]).hosts).toEqual([
    {
      ...rack,
      ssh: { ...rack.ssh, port: 22 },
      hostClass: "on-premises",
      architecture: "amd64",
      features: [],
    },
  ]);
});

test("every problem is named at once, with its place", () => {
  const hosts = [
    { ...rack, os: "", memoryGB: 64, ssh: { ...rack.ssh, port: 0, hostKey: "SHA256:abc" } },
    { ...rack, privateAddress: "10.0.0" },
  ];
  expect(() => read(hosts)).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({
        reason: "invalid-inventory",
        class: "configuration",
        detail: expect.stringMatching(
          /^machines\.json: .*hosts\[0\]\.ssh\.port: .*hosts\[0\]\.ssh\.hostKey: is not a key.*hosts\[0\]\.os: .*memoryGB.*hosts\[1\]\.privateAddress: /,
        ),
      }),
    }),
  );
});

test("two hosts of one name or one address, another form and what is no JSON are refused", () => {
  expect(() => read([rack, rack])).toThrow(/hosts\[1\]\.name: is the name of two hosts/);
  expect(() => read([rack, { ...rack, name: "rack2" }])).toThrow(/hosts\[1\]\.ssh: is the address of two hosts/);
  const behind = (host: string) => ({ ...rack, name: host, ssh: { ...rack.ssh, jumps: [{ host, user: "root" }] } });
  expect(read([behind("gate1"), behind("gate2")]).hosts).toHaveLength(2);
  expect(() => read([rack], "edgecert-inventory/2")).toThrow(/format: .*edgecert-inventory\/1/);
  expect(() => readInventory("hosts:\n- rack1\n", "machines.yaml")).toThrow(/machines\.yaml: .*JSON/s);
  expect(() => read([])).toThrow(/hosts: /);
});
