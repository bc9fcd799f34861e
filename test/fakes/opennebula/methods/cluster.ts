import { adminOnly, int, type Method, type MethodCall, method, objectAt, string } from "../method.ts";
import { clusterXml } from "../object-document.ts";
import { Refusal } from "../refusal.ts";
import type { FakeCluster, FakeWorld } from "../world.ts";
import { born, type ObjectKind, objectMethods } from "./object.ts";

const clusters: ObjectKind<FakeCluster> = {
  ...{ prefix: "cluster", kind: "cluster", right: "CLUSTER" },
  pool: { method: "one.clusterpool.info", element: "CLUSTER_POOL", paged: false },
  all: ({ clusters: all }: FakeWorld) => all,
  xml: clusterXml,
};

function allocate(call: MethodCall): number {
  adminOnly(call, "CREATE CLUSTER");
  const { clusters: all } = call.world;
  // Because OpenNebula's own cluster is 0 and those of people begin at 100.
  if (!call.world.script.lastIds.has(all)) call.world.script.lastIds.set(all, Math.max(99, ...all.keys()));
  const object = born(call, { kind: "cluster", all }, [{ name: "NAME", value: string(call, 0) }]);
  all.set(object.id, { ...object, datastores: new Set(), networks: new Set() });
  return object.id;
}

function remove(call: MethodCall): number {
  const cluster = objectAt(call, 0, { kind: "cluster", all: call.world.clusters });
  adminOnly(call, `ADMIN CLUSTER [${cluster.id}]`);
  const hosts = [...call.world.hosts.values()].filter((host) => host.cluster === cluster.id);
  if (hosts.length > 0 || cluster.datastores.size > 0 || cluster.networks.size > 0)
    throw new Refusal(0x0800, `[${call.method}] Cannot delete cluster. Cluster ${cluster.id} is not empty.`);
  call.world.clusters.delete(cluster.id);
  return cluster.id;
}

type Member = "host" | "datastore" | "virtual network";

function join(member: Member, change: (cluster: FakeCluster, id: number, call: MethodCall) => void): Method {
  return method(["int", "int"], (call) => {
    const { world } = call;
    const cluster = objectAt(call, 0, { kind: "cluster", all: world.clusters });
    const all: ReadonlyMap<number, unknown> =
      member === "host" ? world.hosts : member === "datastore" ? world.datastores : world.networks;
    objectAt(call, 1, { kind: member, all });
    adminOnly(call, `ADMIN CLUSTER [${cluster.id}]`);
    change(cluster, int(call, 1), call);
    return cluster.id;
  });
}

function moveHost(to: (cluster: FakeCluster) => number) {
  return (cluster: FakeCluster, id: number, { world }: MethodCall) => {
    const host = world.hosts.get(id);
    if (host !== undefined) host.cluster = to(cluster);
  };
}

/** The methods of clusters. */
export const clusterMethods: readonly [string, Method][] = [
  ...objectMethods(clusters),
  ["one.cluster.allocate", method(["string"], allocate)],
  ["one.cluster.delete", method(["int"], remove)],
  [
    "one.cluster.addhost",
    join(
      "host",
      moveHost(({ id }) => id),
    ),
  ],
  [
    "one.cluster.delhost",
    join(
      "host",
      moveHost(() => 0),
    ),
  ],
  ["one.cluster.adddatastore", join("datastore", ({ datastores }, id) => datastores.add(id))],
  ["one.cluster.deldatastore", join("datastore", ({ datastores }, id) => datastores.delete(id))],
  ["one.cluster.addvnet", join("virtual network", ({ networks }, id) => networks.add(id))],
  ["one.cluster.delvnet", join("virtual network", ({ networks }, id) => networks.delete(id))],
];
