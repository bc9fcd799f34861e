import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { openNebulaProvider } from "../../../../infra/providers/opennebula/provider.ts";
import { connect } from "../../../../infra/ssh/connect.ts";
import type { ServerRequest } from "../../../../pipelines/dsl/request.ts";
import { preparedFake } from "../../../fakes/opennebula/prepared.ts";
import { livingVms } from "../../../fakes/opennebula/world.ts";
import { providerContract } from "../contract.ts";

const prepared = await preparedFake();
const { environment, home, fake } = prepared;
const provider = openNebulaProvider({ home, environment, pollMs: 20 });

const request = (name: string, more: Partial<ServerRequest> = {}): ServerRequest => ({
  ...{ name, role: name, os: "debian-12", cores: 1, memoryMiB: 512, packages: [], nestedKvm: false },
  ...more,
});
const requests = [request("frontend"), request("node1", { nestedKvm: true })] as const;

function start(task: object) {
  const words = [join(import.meta.dirname, "provider-process.ts"), JSON.stringify({ home, ...task })];
  const env = { ...environment, PATH: process.env.PATH };
  return spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"], env });
}

providerContract({
  provider,
  requests,
  simulated: true,
  impossible: [request("large", { memoryMiB: 99_999 })],
  listElsewhere: async (list) => JSON.parse(await text(start({ list }).stdout)),
  provisionAndDie: async (killed) => {
    const child = start({ provision: { requests, owner: killed } });
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    child.kill("SIGKILL");
    await once(child, "close");
  },
});

test("servers know each other by name and host key, keep the template's own context, and are who they should be", async () => {
  const owner = { run: "group", node: "servers", attempt: 1, token: 1, expiresAt: "2040-01-01T00:00:00.000Z" };
  const io = { signal: AbortSignal.timeout(60_000), note() {}, ready() {} };
  const [first, second] = await provider.provision(requests, owner, io);
  if (first === undefined || second === undefined) throw new Error("two were asked for");
  const connection = await connect(first.ssh, {});
  const said = await connection.must("hostname; grep node1 /etc/hosts; cut -d' ' -f1,2 /etc/ssh/ssh_known_hosts");
  connection.close();
  expect(said.stdout.split("\n")).toEqual(
    expect.arrayContaining([`${second.privateAddress} node1 # edgecert`, `node1,${second.privateAddress} ssh-ed25519`]),
  );
  expect(first.facts).toMatchObject({ provider: "opennebula", hostClass: "simulated" });
  const vm = fake.world.vms.get(Number(first.id));
  expect(JSON.stringify(vm?.attributes.map(({ value }) => (value instanceof Map ? [...value] : value)))).toContain(
    "kept",
  );
  expect(await provider.isGone?.(first)).toBe(false);
  await provider.destroy(owner, io.signal);
  expect(await provider.isGone?.(first)).toBe(true);
});

afterAll(async () => {
  expect(livingVms(fake.world)).toEqual([]);
  await prepared[Symbol.asyncDispose]();
});
