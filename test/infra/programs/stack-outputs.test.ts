import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readInventory } from "../../../infra/inventory-document.ts";
import { type EdgeClusterArgs, edgeCluster } from "../../../infra/programs/edge-cluster.ts";
import { outputsOf } from "../../../infra/programs/stack-outputs.ts";
import { readKnownHosts } from "../../../infra/ssh/known-hosts.ts";
import { awsArgs, canary, equinixMetalArgs, scalewayArgs } from "./arguments.ts";
import { known, record } from "./recording.ts";

async function outputs(args: EdgeClusterArgs) {
  const { output } = await record(async () => outputsOf(args, await edgeCluster("edge", args)));
  return output;
}

test("a person gets addresses, class, expiry, price and the commands that log in", async () => {
  const said = await outputs(awsArgs);
  expect(await known(said.addresses)).toEqual(["198.51.100.1", "198.51.100.2"]);
  expect(await known(said.hostClass)).toBe("nested");
  expect(said.expiresAt).toBe("2027-01-31T18:00:00Z");
  const price = await known(said.price);
  expect(price).toMatchObject({ currency: "USD", location: "us-east-1" });
  const [host] = await known(said.hosts);
  expect(price?.perHour).toBeCloseTo(2 * (host?.price?.perHour ?? 0), 4);
  expect(await known(said.ssh)).toContain(
    "ssh -o UserKnownHostsFile=knownHosts -o StrictHostKeyChecking=yes admin@198.51.100.1",
  );
});

test("the price of a host at Scaleway has its private network in it", async () => {
  const said = await outputs(scalewayArgs);
  const [host] = await known(said.hosts);
  const { perHour = 0, privateNetworkPerHour = 0 } = host?.price ?? {};
  expect(privateNetworkPerHour).toBeGreaterThan(0);
  expect((await known(said.price))?.perHour).toBeCloseTo(2 * (perHour + privateNetworkPerHour), 4);
});

test.each([22, 2222])("lines of known_hosts are read by OpenSSH's rules, at port %i", async (sshPort) => {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-known-"));
  const keyed = {
    ...awsArgs,
    sshPort,
    hostKeys: awsArgs.hostKeys.map((key, n) => ({ ...key, publicKey: real[n] ?? "" })),
  };
  const said = await outputs(keyed);
  const file = join(folder, "knownHosts");
  writeFileSync(file, await known(said.knownHosts));
  const found = await readKnownHosts({ host: "198.51.100.2", port: sshPort, user: "admin", knownHosts: [file] });
  rmSync(folder, { recursive: true });
  expect(found.keys.map(({ blob }) => blob.toString("base64"))).toEqual([real[1]?.split(" ")[1]]);
  expect((await known(said.ssh))[1]).toMatch(
    sshPort === 22 ? / admin@198\.51\.100\.2$/ : / -p 2222 admin@198\.51\.100\.2$/,
  );
});

const real = [
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+1GG35MUGpCB5DOb9SzrBCm+KFEJ8cVG3WUh3gWbOV host-1",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBYwJBwFcuxiGDs3TH/9DdKLvlMLoFGKB1VFmVxl9Q2R host-2",
];

test.each<EdgeClusterArgs>([awsArgs, equinixMetalArgs, scalewayArgs])(
  "the inventory of $provider is read back as it was written",
  async (args) => {
    const written = await known((await outputs(args)).inventory);
    const read = readInventory(JSON.stringify(written), "inventory.json");
    expect(read).toEqual(written);
    expect(read.hosts).toMatchObject(
      [1, 2].map((n) => ({
        name: `edge-${n}`,
        ssh: { host: `198.51.100.${n}`, port: 22, hostKey: `ssh-ed25519 AAAAhost${n}` },
        cores: expect.any(Number),
        memoryMiB: expect.any(Number),
        rented: { provider: args.provider, id: `edge-${n}-id`, expiresAt: "2027-01-31T18:00:00Z" },
      })),
    );
    expect(JSON.stringify(written)).not.toContain(canary);
  },
);
