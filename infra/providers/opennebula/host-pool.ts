import { backOff } from "../../ssh/deadline.ts";
import type { OpenNebulaHost } from "./calls/host.ts";
import { isFailedBy } from "./failures.ts";
import { endMachine } from "./machine-end.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { serverError } from "./server-failures.ts";

/** Machines of a location that become hosts of one cluster. */
export interface JoiningHosts {
  /** Name of the cluster; one of that name is used where there is one. */
  readonly cluster: string;
  /** Names or addresses by which the front-end reaches the machines. */
  readonly names: readonly string[];
  /** Driver of machines; default `kvm`. That of monitoring has the same name. */
  readonly driver?: string;
  /** Numbers of datastores and networks that machines in the cluster may use. */
  readonly datastores: readonly number[];
  readonly networks: readonly number[];
}

/** How hosts are waited for. Milliseconds. */
export interface HostLimits {
  readonly signal: AbortSignal;
  readonly pollMs: number;
  /** Until every host is monitored. */
  readonly deadlineMs: number;
  note(text: string): void;
}

/** Hosts that joined, in the order of their names. */
export interface JoinedHosts {
  readonly cluster: number;
  readonly hosts: readonly OpenNebulaHost[];
}

/**
 * Makes a cluster of machines and waits until each of them is monitored: only then does the scheduler use it. Doing it
 * again changes nothing but what is missing, so that it can go on where it was interrupted. Throws with what the front-end
 * said of the first host that is not monitored in time; what was made stays for {@link removeHosts}.
 */
export async function joinHosts(one: OpenNebula, joining: JoiningHosts, limits: HostLimits): Promise<JoinedHosts> {
  const { names, driver = "kvm" } = joining;
  const cluster = await clusterNamed(one, joining.cluster);
  const present = await one.clusters.info(cluster);
  for (const id of joining.datastores.filter((each) => !present.datastores.includes(each)))
    await one.clusters.addDatastore(cluster, id);
  for (const id of joining.networks.filter((each) => !present.networks.includes(each)))
    await one.clusters.addNetwork(cluster, id);
  const known = await one.hosts.pool();
  const ids: number[] = [];
  for (const name of names) {
    const found = known.find((host) => host.name === name);
    if (found !== undefined && found.cluster !== cluster) await one.clusters.addHost(cluster, found.id);
    if (found?.state === "DISABLED" || found?.state === "OFFLINE") await one.hosts.status(found.id, "enabled");
    ids.push(found?.id ?? (await one.hosts.allocate(name, { monitor: driver, machines: driver }, cluster)));
  }
  limits.note(`${names.length} hosts were added to the cluster ${joining.cluster}; waiting until they are monitored.`);
  return { cluster, hosts: await Promise.all(ids.map((id) => monitored(one, id, limits))) };
}

async function clusterNamed(one: OpenNebula, name: string): Promise<number> {
  const found = (await one.clusters.pool()).find((each) => each.name === name);
  return found?.id ?? one.clusters.allocate(name);
}

async function monitored(one: OpenNebula, id: number, limits: HostLimits): Promise<OpenNebulaHost> {
  const until = performance.now() + limits.deadlineMs;
  for (let turn = 0; ; turn += 1) {
    const host = await one.hosts.info(id);
    if (host.state === "MONITORED" || host.state === "MONITORING_MONITORED") return host;
    if (performance.now() >= until) {
      const said = host.error === "" ? "" : `: ${host.error}`;
      throw serverError("opennebula-host-not-ready", `Host ${host.name} (${id}) is in ${host.state}${said}.`);
    }
    await backOff(Math.min(turn, 2), limits.pollMs / 4, limits.pollMs, limits.signal);
  }
}

/** Lets no new machine onto a host, and ends those that are there; the host stays, disabled. */
export async function flushHost(one: OpenNebula, id: number, limits: HostLimits): Promise<void> {
  await one.hosts.status(id, "disabled");
  const { machines } = await one.hosts.info(id);
  const { signal, pollMs, deadlineMs } = limits;
  await Promise.all(machines.map((each) => endMachine(one, each, { signal, pollMs, endDeadlineMs: deadlineMs })));
}

/** Removes a cluster with its hosts, machines first. What is gone already is removed; datastores and networks stay. */
export async function removeHosts(one: OpenNebula, name: string, limits: HostLimits): Promise<void> {
  const cluster = (await one.clusters.pool()).find((each) => each.name === name);
  if (cluster === undefined) return;
  await Promise.all(cluster.hosts.map((id) => flushHost(one, id, limits)));
  for (const id of cluster.hosts) await ifThere(one.hosts.delete(id));
  for (const id of cluster.datastores) await one.clusters.removeDatastore(cluster.id, id);
  for (const id of cluster.networks) await one.clusters.removeNetwork(cluster.id, id);
  await ifThere(one.clusters.delete(cluster.id));
}

/** Work on an object; that it is gone is success. */
export async function ifThere(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isFailedBy(error, "opennebula-no-exists")) throw error;
  }
}
