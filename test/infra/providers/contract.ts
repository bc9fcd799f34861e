import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Provider, Resource, Server } from "../../../infra/providers/provider.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";

/** A provider under test, with what only its own place knows. */
export interface Candidate {
  readonly provider: Provider;
  /** Two servers of one group; the second with `nestedKvm`. */
  readonly requests: readonly [ServerRequest, ServerRequest];
  /** What this place can never give. */
  readonly impossible: readonly ServerRequest[];
  /** Whether servers are only simulated: they have no network and no kernel of their own. */
  readonly simulated?: boolean;
  /** Lists from another process, which remembers nothing. */
  listElsewhere(filter: { readonly run: string }): Promise<readonly Resource[]>;
  /** Provisions in another process that is killed when its first server is ready. */
  provisionAndDie(owner: Owner): Promise<void>;
}

const signal = () => AbortSignal.timeout(500_000);
const expiresAt = () => new Date(Date.now() + 3_600_000).toISOString();

/** What every provider promises, whatever its place. */
export function providerContract(candidate: Candidate): void {
  describe(`the provider contract: ${candidate.provider.name}`, () => {
    const { provider } = candidate;
    const run = `contract-${process.pid}`;
    const owner: Owner = { run, node: "servers@debian-12/kvm-ssh", attempt: 1, token: 2, expiresAt: expiresAt() };
    const older: Owner = { ...owner, token: 1 };
    const killed: Owner = { ...owner, node: "servers@killed" };
    const ready: string[] = [];
    let servers: readonly Server[] = [];

    beforeAll(async () => {
      const io = { signal: signal(), note: (text: string) => console.log(text) };
      servers = await provider.provision(candidate.requests, owner, { ...io, ready: (one) => ready.push(one.name) });
    });
    afterAll(async () => {
      for (const one of [owner, killed]) await provider.destroy({ ...one, token: 99 }, signal());
    });

    test("what it can never give is a failure, what it can has a price and a time", async () => {
      expect(await provider.estimate(candidate.impossible)).toHaveProperty("reason");
      const estimate = { dollarsPerHour: expect.any(Number), secondsToReady: expect.any(Number) };
      expect(await provider.estimate(candidate.requests)).toMatchObject(estimate);
    });

    test("the whole group came up, in the order asked for, each said once", () => {
      expect(servers.map((server) => server.name)).toEqual(candidate.requests.map((request) => request.name));
      expect([...ready].sort()).toEqual(servers.map((server) => server.name).sort());
      for (const { facts } of servers) {
        expect(facts.provider).toBe(provider.name);
        expect(facts.imageDigest).toMatch(/^[0-9a-f]{64}$/);
        expect(facts.readyMs).toBeGreaterThan(0);
      }
    });

    test("the facts say the kernel that runs", async () => {
      const [first] = pair(servers);
      expect((await on(first, "uname -r")).trim()).toBe(first.facts.kernel);
    });

    if (candidate.simulated !== true) {
      test("names resolve between servers, by ssh with known host keys, to the private address", async () => {
        const [first, second] = pair(servers);
        const stdout = await on(first, `ssh -o BatchMode=yes ${second.name} 'hostname; getent hosts ${first.name}'`);
        expect(stdout.split("\n")[0]).toBe(second.name);
        expect(stdout).toContain(first.privateAddress);
      });

      test("a server with nested KVM boots a kernel under it", async () => {
        const [, second] = pair(servers);
        const qemu =
          "qemu-system-x86_64 -nodefaults -no-user-config -accel kvm -cpu host -m 128 -display none -no-reboot";
        const boot = `timeout 150 ${qemu} -serial stdio -kernel /boot/vmlinuz-* -append 'console=ttyS0 panic=-1' 2>&1`;
        expect(await on(second, `${boot} | tr -d '\\r' | tail -n 40`)).toMatch(/Kernel panic - not syncing/);
      });
    }

    test("another process lists them by tag", async () => {
      const listed = await candidate.listElsewhere({ run });
      const ids = listed.filter((one) => one.kind === "virtual-machine").map((one) => one.id);
      expect(ids.sort()).toEqual(servers.map((server) => server.id).sort());
      for (const one of listed) expect(one).toMatchObject({ run, node: owner.node, expiresAt: owner.expiresAt });
      expect(await provider.list({ run, node: "another node" })).toEqual([]);
    });

    test("an older token neither provisions nor destroys", async () => {
      const io = { signal: signal(), note: () => {}, ready: () => {} };
      const refused = { failure: { reason: "older-token" } };
      await expect(provider.provision(candidate.requests, older, io)).rejects.toMatchObject(refused);
      await expect(provider.destroy(older, signal())).rejects.toMatchObject(refused);
      expect((await on(pair(servers)[0], "echo alive")).trim()).toBe("alive");
    });

    test("one listed resource can be given back, twice", async () => {
      const [, second] = pair(servers);
      const resource = (await provider.list({ run })).find((one) => one.id === second.id);
      if (resource === undefined) throw new Error(`${second.id} is not listed`);
      await provider.release(resource, signal());
      await provider.release(resource, signal());
      expect((await provider.list({ run })).map((one) => one.id)).not.toContain(second.id);
    });

    test("what is kept is listed with the time at which it goes, and what is not held needs no keeping", async () => {
      const until = new Date(Date.now() + 7_200_000).toISOString();
      await provider.keep(owner, until, signal());
      expect(new Set((await provider.list({ run })).map((one) => one.expiresAt))).toEqual(new Set([until]));
      await provider.keep({ run, node: "nothing" }, until, signal());
      expect(await provider.list({ run, node: "nothing" })).toEqual([]);
    });

    test("destroy gives back what was held; destroying what is gone is success", async () => {
      const given = await provider.destroy(owner, signal());
      expect(given.map((one) => one.id)).toContain(pair(servers)[0].id);
      expect(await provider.list({ run })).toEqual([]);
      expect(await provider.destroy(owner, signal())).toEqual([]);
    });

    test("what a killed process left is listed, and destroyed by its tags", async () => {
      await candidate.provisionAndDie(killed);
      const left = await provider.list({ run: killed.run, node: killed.node });
      expect(left.filter((one) => one.kind === "virtual-machine")).toHaveLength(candidate.requests.length);
      await provider.destroy({ ...killed, token: killed.token + 1 }, signal());
      expect(await candidate.listElsewhere({ run })).toEqual([]);
    });
  });
}

function pair(servers: readonly Server[]): readonly [Server, Server] {
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error("the group did not come up");
  return [first, second];
}

async function on(server: Server, command: string): Promise<string> {
  const connection = await waitForSsh(server.ssh, { timeoutMs: 60_000 });
  try {
    return (await connection.must(command, { timeoutMs: 200_000 })).stdout;
  } finally {
    connection.close();
  }
}
