import { InfraError } from "../../infra/failure.ts";
import type { Provider, Server } from "../../infra/providers/provider.ts";
import { type Failure, failureOf } from "../../pipelines/dsl/failure.ts";

/** A provider of servers that makes nothing, and counts. */
export interface FakePool extends Provider {
  /** What the next requests come to; when none is left, servers. */
  readonly answers: (Failure | "servers")[];
  /** Calls in the order of coming. */
  readonly calls: string[];
  /** What it can never give. */
  never: Failure | null;
}

/** A fake provider of servers: it says so in its name. */
export function fakePool(name: `fake-${string}`): FakePool {
  const calls: string[] = [];
  const answers: (Failure | "servers")[] = [];
  const pool: FakePool = {
    ...{ name, calls, answers, never: null },
    estimate: async () => pool.never ?? { dollarsPerHour: 0, secondsToReady: 1 },
    async provision(requests, _, io) {
      calls.push("provision");
      const answer = answers.shift() ?? "servers";
      if (answer !== "servers") throw new InfraError(answer);
      const servers = requests.map((request) => fakeServer(name, request));
      for (const server of servers) io.ready(server);
      return servers;
    },
    async destroy() {
      calls.push("destroy");
      return [];
    },
    list: async () => [],
    release: async () => {},
    keep: async () => {},
    classify: failureOf,
  };
  return pool;
}

function fakeServer(provider: string, { name, role, os }: Pick<Server, "name" | "role" | "os">): Server {
  return {
    ...{ id: `${provider}-${name}`, name, role, os, privateAddress: "10.0.0.9" },
    ssh: { host: "192.0.2.9", port: 22, user: "root" },
    facts: {
      ...{ provider, hostClass: "simulated", acceleration: "tcg", imageDigest: "0".repeat(64) },
      ...{ startMode: "cold", kernel: "6", readyMs: 1 },
    },
  };
}
