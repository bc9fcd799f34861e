import { InfraError } from "../../infra/failure.ts";
import type { HostServers } from "../../infra/ladder/rung.ts";
import type { ClusterHost, ClusterProvider } from "../../infra/providers/cluster.ts";
import type { Provider, Resource } from "../../infra/providers/provider.ts";
import { type Failure, failureOf } from "../../pipelines/dsl/failure.ts";
import type { ClusterRequest } from "../../pipelines/dsl/request.ts";

/** Whatever a fake edge is told to answer to one request for a cluster: hosts, or an error. */
export type FakeAnswer = "hosts" | Failure;

/** A provider of clusters that makes nothing: its hosts are names. It keeps account like a cloud, by owner. */
export interface FakeEdge extends ClusterProvider {
  /** Requests in the order of coming. */
  readonly asked: ClusterRequest[];
  /** What the next requests come to; when none is left, hosts. */
  readonly answers: FakeAnswer[];
  /** Errors of the next destroys. */
  readonly broken: Failure[];
  /** Held clusters by run and node. */
  readonly held: Map<string, Resource[]>;
}

/** A fake provider of clusters: it says so in its name. */
export function fakeEdge(
  name: `fake-${string}`,
  offer: { readonly dollarsPerHour?: number; readonly secondsToReady?: number } = {},
): FakeEdge {
  const held = new Map<string, Resource[]>();
  const [asked, answers, broken]: [ClusterRequest[], FakeAnswer[], Failure[]] = [[], [], []];
  const key = ({ run, node }: { readonly run: string; readonly node: string }) => `${run} ${node}`;
  return {
    ...{ name, asked, answers, broken, held },
    estimate: async () => ({ dollarsPerHour: offer.dollarsPerHour ?? 1, secondsToReady: offer.secondsToReady ?? 1 }),
    async provision(request, owner, io) {
      asked.push(request);
      io.signal.throwIfAborted();
      const hosts = Array.from({ length: request.count }, (_, at) => fakeHost(`${name}-${asked.length}-${at + 1}`));
      const { run, node, expiresAt } = owner;
      const resources = hosts.map(({ id }) => ({ provider: name, id, kind: "host", run, node, expiresAt }));
      held.set(key(owner), [...(held.get(key(owner)) ?? []), ...resources]);
      const answer = answers.shift() ?? "hosts";
      if (answer !== "hosts") throw new InfraError(answer);
      return { provider: name, hosts, dollarsPerHour: offer.dollarsPerHour ?? 1, expiresAt };
    },
    async destroy(owner) {
      const failure = broken.shift();
      if (failure !== undefined) throw new InfraError(failure);
      const gone = held.get(key(owner)) ?? [];
      held.delete(key(owner));
      return gone;
    },
    list: async ({ run, node }) =>
      [...held.values()].flat().filter((one) => (run ?? one.run) === one.run && (node ?? one.node) === one.node),
    async release(resource) {
      held.delete(key(resource));
    },
    async keep(holder, until) {
      held.set(
        key(holder),
        (held.get(key(holder)) ?? []).map((one) => ({ ...one, expiresAt: until })),
      );
    },
    classify: failureOf,
  };
}

function fakeHost(name: string): ClusterHost {
  return {
    ...{ name, id: name, address: "192.0.2.1", privateAddress: "10.0.0.1", sshPort: 22, user: "root" },
    ...{ hostKey: "ssh-ed25519 AAAA", os: "debian-12", hostClass: "metal", architecture: "amd64" },
    ...{ machineType: "fake", location: "fake", zone: null, price: null, image: { id: "fake", name: null } },
    ssh: { host: "192.0.2.1", port: 22, user: "root" },
  };
}

/** Servers on fake hosts: they come from another provider. `unfit` says by name which hosts fail their proof next. */
export function fakeHostServers(
  servers: Provider,
  unfit: Failure[] = [],
  most = Number.POSITIVE_INFINITY,
): HostServers {
  return {
    neverFits: (requests, { count }) =>
      requests.length > count * most ? `${requests.length} servers on ${count} hosts` : undefined,
    async configure({ hosts }) {
      const failed = unfit.splice(0, hosts.length);
      return {
        ready: hosts.slice(failed.length),
        unfit: hosts.slice(0, failed.length).flatMap((host, at) => {
          const failure = failed[at];
          return failure === undefined ? [] : [{ host, failure }];
        }),
      };
    },
    lacks: (requests, hosts) =>
      requests.length > hosts.length * most ? `${requests.length} servers on ${hosts.length} hosts` : undefined,
    provision: (_, { requests, owner }, io) => servers.provision(requests, owner, io),
    async destroy(owner, signal) {
      await servers.destroy(owner, signal);
    },
  };
}
