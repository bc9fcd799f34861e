import { childOf, childrenOf, textAt, type XmlElement } from "../xml-document.ts";
import { type Ask, numberAt, numbersAt, objectCalls, wordAt } from "./ask.ts";

/**
 * States of a host by their numbers (`Host.h`), the same from 5.12 to 7.x:
 *
 *     INIT -> MONITORING_INIT -> MONITORED <-> MONITORING_MONITORED
 *                    |               |
 *                    v               v
 *                  ERROR <-> MONITORING_ERROR      DISABLED, MONITORING_DISABLED, OFFLINE: by one.host.status
 */
export const hostStates = [
  "INIT",
  "MONITORING_MONITORED",
  "MONITORED",
  "ERROR",
  "DISABLED",
  "MONITORING_ERROR",
  "MONITORING_INIT",
  "MONITORING_DISABLED",
  "OFFLINE",
] as const;

export type HostState = (typeof hostStates)[number];

/** What `one.host.status` sets, by OpenNebula's numbers. */
export const hostStatus = { enabled: 0, disabled: 1, offline: 2 } as const;

/** A hypervisor of OpenNebula. */
export interface OpenNebulaHost {
  readonly id: number;
  readonly name: string;
  readonly state: HostState;
  /** Driver that runs its machines: `kvm`, `qemu`, `lxc`, or `dummy`, which runs none. */
  readonly vmDriver: string;
  readonly cluster: number;
  /** Cores in hundredths, without what its administrator keeps back. */
  readonly cpu: { readonly max: number; readonly used: number };
  /** KiB, without what its administrator keeps back. */
  readonly memory: { readonly max: number; readonly used: number };
  readonly machines: readonly number[];
  /** Such as `x86_64`; empty before it was monitored. */
  readonly architecture: string;
  /** What its last monitoring said went wrong; empty for nothing. */
  readonly error: string;
}

/** The calls on hosts. */
export function hostCalls(ask: Ask) {
  const { delete: remove, ...others } = objectCalls(ask, "host");
  return {
    ...others,
    delete: remove,
    /** In a cluster, or in OpenNebula's own (0) for -1. */
    allocate: (name: string, drivers: { readonly monitor: string; readonly machines: string }, cluster: number) =>
      ask.id("one.host.allocate", name, drivers.monitor, drivers.machines, cluster),
    status: (id: number, status: keyof typeof hostStatus) => ask.id("one.host.status", id, hostStatus[status]),
    info: async (id: number) => decodeHost(await ask.document("one.host.info", id)),
    /** Those that the user may use: what a virtual data centre leaves out is not there. */
    pool: async () => childrenOf(await ask.document("one.hostpool.info"), "HOST").map(decodeHost),
  };
}

/** A host out of its document. Throws where the document is not one. */
export function decodeHost(element: XmlElement): OpenNebulaHost {
  const share = childOf(element, "HOST_SHARE") ?? element;
  const amounts = (name: string) => ({ max: numberAt(share, `MAX_${name}`), used: numberAt(share, `${name}_USAGE`) });
  return {
    ...{ id: numberAt(element, "ID"), name: wordAt(element, "NAME") },
    state: hostStates[numberAt(element, "STATE")] ?? "ERROR",
    ...{ vmDriver: wordAt(element, "VM_MAD"), cluster: numberAt(element, "CLUSTER_ID") },
    ...{ cpu: amounts("CPU"), memory: amounts("MEM"), machines: numbersAt(element, "VMS") },
    architecture: textAt(element, "TEMPLATE/ARCH") ?? "",
    error: textAt(element, "TEMPLATE/ERROR") ?? "",
  };
}
