import { tag } from "../attributes.ts";
import { hostXml } from "../document.ts";
import { adminOnly, int, type Method, type MethodCall, method, objectAt, string } from "../method.ts";
import { noExists, notAllocated, notAuthorized, Refusal } from "../refusal.ts";
import { hostsFor, hostUse } from "../scheduler.ts";
import { type FakeHost, type FakeWorld, nextId, nowOf } from "../world.ts";
import { type ObjectKind, objectMethods } from "./object.ts";

const hosts: ObjectKind<FakeHost> = {
  ...{
    prefix: "host",
    kind: "host",
    right: "HOST",
    pool: { method: "one.hostpool.info", element: "HOST_POOL", paged: false },
  },
  all: ({ hosts: all }: FakeWorld) => all,
  xml: hostXml,
};

function allocate(call: MethodCall): number {
  const { world } = call;
  adminOnly(call, "CREATE HOST");
  const [name, imMad, vmMad, wanted] = [string(call, 0), string(call, 1), string(call, 2), int(call, 3)];
  if (name === "") throw notAllocated(call.method, "host", "Invalid host name, it cannot be empty.");
  const taken = [...world.hosts.values()].find((one) => one.name === name);
  if (taken !== undefined) throw notAllocated(call.method, "host", `NAME is already taken by HOST ${taken.id}.`);
  const cluster = call.parameters.length < 4 || wanted === -1 ? 0 : wanted;
  if (!world.clusters.has(cluster)) throw noExists(call.method, "cluster", cluster);
  const id = nextId(world, world.hosts);
  world.hosts.set(id, {
    ...{ id, name, imMad, vmMad, cluster, state: 0, uid: 0, gid: 0 },
    ...{ attributes: [], born: nowOf(world) },
  });
  return id;
}

function status(call: MethodCall): number {
  const host = objectAt(call, 0, { kind: "host", all: call.world.hosts });
  adminOnly(call, `ADMIN HOST [${host.id}]`);
  const to = [0, 4, 8][int(call, 1)];
  if (to === undefined) throw new Refusal(0x2000, `[${call.method}] Wrong status code`);
  // Because a host that is enabled again has to be heard of first.
  if (to !== 0 || host.state === 4 || host.state === 8) host.state = to;
  return host.id;
}

function remove(call: MethodCall): number {
  const host = objectAt(call, 0, { kind: "host", all: call.world.hosts });
  adminOnly(call, `ADMIN HOST [${host.id}]`);
  if (hostUse(call.world, host).vms.length > 0)
    throw new Refusal(0x0800, `[${call.method}] Cannot delete host. Can not remove a host with running VMs`);
  call.world.hosts.delete(host.id);
  return host.id;
}

function info(call: MethodCall): string {
  const host = objectAt(call, 0, { kind: "host", all: call.world.hosts });
  if (!hostsFor(call.world, call.user).includes(host))
    throw notAuthorized(call.method, call.user.id, `USE HOST [${host.id}]`);
  return hostXml(call.world, host);
}

/** The methods of hosts. */
export const hostMethods: readonly [string, Method][] = [
  ...objectMethods(hosts),
  ["one.host.info", method(["int", "boolean"], info, 1)],
  ["one.host.allocate", method(["string", "string", "string", "int"], allocate, 3)],
  ["one.host.status", method(["int", "int"], status)],
  ["one.host.delete", method(["int"], remove)],
  [
    "one.hostpool.info",
    method([], (call) =>
      tag(
        "HOST_POOL",
        hostsFor(call.world, call.user).map((host) => hostXml(call.world, host)),
      ),
    ),
  ],
];
