import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Cluster, ClusterHost, ClusterProvider, ClusterStep } from "../../../infra/providers/cluster.ts";
import type { Resource } from "../../../infra/providers/provider.ts";
import { waitForSsh } from "../../../infra/ssh/readiness.ts";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ClusterRequest } from "../../../pipelines/dsl/request.ts";

/** A provider of clusters under test. */
export interface ClusterCandidate {
  readonly provider: ClusterProvider;
  /** Two hosts. */
  readonly request: ClusterRequest;
  /** What this place can never give. */
  readonly impossible: readonly ClusterRequest[];
  /** Whether hosts are machines of their own: with a private network, host names and KVM. */
  readonly hosts: "machines" | "shells";
  /** The home that the provider works in. */
  readonly home: string;
}

const signal = () => AbortSignal.timeout(800_000);

/** What every provider of clusters promises, whatever its place. */
export function clusterContract(candidate: ClusterCandidate): void {
  describe(`the contract of clusters: ${candidate.provider.name}`, () => {
    const { provider, request } = candidate;
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const run = `clusters-${process.pid}`;
    const owner: Owner = { run, node: "hosts", attempt: 1, token: 2, expiresAt };
    const killed: Owner = { ...owner, node: "hosts@killed" };
    const steps: ClusterStep[] = [];
    let cluster: Cluster;

    beforeAll(async () => {
      const note = (text: string) => console.log(text);
      cluster = await provider.provision(request, owner, { signal: signal(), note, step: (step) => steps.push(step) });
    });
    afterAll(async () => {
      for (const one of [owner, killed]) await provider.destroy({ ...one, token: 99 }, signal());
    });

    test("what it can never give is a failure, what it can has a price and a time", async () => {
      for (const one of candidate.impossible) {
        expect(await provider.estimate(one)).toMatchObject({ reason: expect.any(String), class: expect.any(String) });
        const io = { signal: signal(), note: () => {}, step: () => {} };
        await expect(provider.provision(one, { ...owner, node: "never" }, io)).rejects.toHaveProperty("failure");
      }
      expect(await provider.list({ run, node: "never" })).toEqual([]);
      expect(await provider.estimate(request)).toMatchObject({ secondsToReady: expect.any(Number) });
    });

    test("every host came up, each with a name, a key and an address of its own, each step said once", () => {
      expect(cluster).toMatchObject({ provider: provider.name, expiresAt });
      expect(cluster.hosts).toHaveLength(request.count);
      for (const field of ["name", "id", "hostKey", "address", "privateAddress"] as const)
        expect(new Set(cluster.hosts.map((host) => host[field])).size, field).toBe(request.count);
      for (const host of cluster.hosts) expect(host).toMatchObject({ os: request.os, ssh: { hostKey: host.hostKey } });
      const ended = steps.filter(({ state }) => state !== "started");
      expect(ended.map(({ state }) => state)).not.toContain("failed");
      const answered = ended.filter(({ operation }) => operation === "answer").map(({ name }) => name);
      expect(answered.sort()).toEqual(cluster.hosts.map(({ name }) => name).sort());
      expect(ended.at(-1)?.done).toBe(ended.at(-1)?.known);
    });

    test("a command runs on every host by SSH, which knows it by its own key", async () => {
      for (const host of cluster.hosts) expect(await on(host, "echo there")).toBe("there\n");
    });

    if (candidate.hosts === "machines") {
      test("hosts have their names, reach each other by their private addresses, and have KVM", async () => {
        const [first, second] = pair(cluster);
        const ping = `ping -c 1 -W 30 ${second.privateAddress} > /dev/null`;
        expect(await on(first, `uname -n && ${ping} && test -e /dev/kvm && echo kvm`)).toBe(`${first.name}\nkvm\n`);
      });
    }

    test("another process lists them by tag", async () => {
      const listed = await listElsewhere(candidate, run);
      expect(listed.length).toBeGreaterThanOrEqual(request.count);
      for (const one of listed)
        expect(one).toMatchObject({ provider: provider.name, run, node: owner.node, expiresAt });
      expect(await provider.list({ run, node: "another node" })).toEqual([]);
    });

    test("an older token neither provisions nor destroys", async () => {
      const older = { ...owner, token: 1 };
      const refused = { failure: { reason: "older-token" } };
      const io = { signal: signal(), note: () => {}, step: () => {} };
      await expect(provider.provision(request, older, io)).rejects.toMatchObject(refused);
      await expect(provider.destroy(older, signal())).rejects.toMatchObject(refused);
      expect(await on(pair(cluster)[0], "echo alive")).toBe("alive\n");
    });

    test("what is kept is listed with the time at which it goes", async () => {
      const until = new Date(Date.now() + 7_200_000).toISOString();
      await provider.keep(owner, until, signal());
      expect(new Set((await provider.list({ run })).map((one) => one.expiresAt))).toEqual(new Set([until]));
    });

    test("destroy gives everything back; destroying what is gone is success", async () => {
      expect((await provider.destroy(owner, signal())).length).toBeGreaterThanOrEqual(request.count);
      expect(await provider.list({ run })).toEqual([]);
      expect(await provider.destroy(owner, signal())).toEqual([]);
    });

    test("what a killed process left is listed, and destroyed by its tags", async () => {
      await provisionAndDie(candidate, killed);
      expect(await provider.list({ run, node: killed.node })).not.toEqual([]);
      await provider.destroy({ ...killed, token: killed.token + 1 }, signal());
      expect(await listElsewhere(candidate, run)).toEqual([]);
    });
  });
}

const program = join(import.meta.dirname, "cluster-process.ts");

/** Lists in another process, which remembers nothing. */
async function listElsewhere({ provider, home }: ClusterCandidate, run: string): Promise<readonly Resource[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, provider.name, home, "list", run]);
  return JSON.parse(stdout);
}

/** Provisions in another process that is killed as soon as the place has something to list. */
async function provisionAndDie({ provider, home, request }: ClusterCandidate, owner: Owner): Promise<void> {
  const words = [program, provider.name, home, "provision", JSON.stringify(request), JSON.stringify(owner)];
  const child = spawn(process.execPath, words, { stdio: "inherit" });
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

function pair({ hosts }: Cluster): readonly [ClusterHost, ClusterHost] {
  const [first, second] = hosts;
  if (first === undefined || second === undefined) throw new Error("the cluster did not come up");
  return [first, second];
}

async function on({ ssh }: ClusterHost, command: string): Promise<string> {
  const connection = await waitForSsh(ssh, { timeoutMs: 60_000 });
  try {
    return (await connection.must(command, { timeoutMs: 120_000 })).stdout;
  } finally {
    connection.close();
  }
}
