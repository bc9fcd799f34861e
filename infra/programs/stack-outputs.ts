import type * as pulumi from "@pulumi/pulumi";
import { machineNamed } from "../catalog/catalog.ts";
import { featuresOf } from "../catalog/features.ts";
import type { MachineType } from "../catalog/machine-type.ts";
import { type InventoryDocument, type InventoryHost, inventoryFormat } from "../inventory-document.ts";
import { defaultSshPort, type EdgeCluster, type EdgeClusterArgs, type Host } from "./edge-cluster.ts";

/** What a cluster costs by the catalogue: a lower bound, because traffic and disks come on top. */
export interface ClusterPrice {
  /** ISO 4217. */
  readonly currency: string;
  /** Of all hosts together. */
  readonly perHour: number;
  /** Day of the price list, and the place that it holds for. */
  readonly asOf: string;
  readonly location: string;
}

/** What a stack tells people and programs of its cluster; none of it is secret. */
export interface StackOutputs {
  readonly hosts: pulumi.Output<readonly Host[]>;
  /** Where SSH connections go, in the order of the hosts. */
  readonly addresses: pulumi.Output<readonly string[]>;
  readonly hostClass: pulumi.Output<string>;
  /** Lines of known_hosts: the only keys that the hosts may answer with. */
  readonly knownHosts: pulumi.Output<string>;
  /** Commands that log in to each host and accept no other key, once `knownHosts` is in a file of that name. */
  readonly ssh: pulumi.Output<readonly string[]>;
  /** UTC, ISO 8601. */
  readonly expiresAt: string;
  /** Null where the catalogue knows no price. */
  readonly price: pulumi.Output<ClusterPrice | null>;
  readonly inventory: pulumi.Output<InventoryDocument>;
}

/** The outputs of a stack with one cluster. */
export function outputsOf(args: EdgeClusterArgs, { hosts }: EdgeCluster): StackOutputs {
  const { provider, owner } = args;
  return {
    hosts,
    addresses: hosts.apply((all) => all.map(({ address }) => address)),
    hostClass: hosts.apply((all) => all[0]?.hostClass ?? "none"),
    knownHosts: hosts.apply((all) => all.map(knownHost).join("")),
    ssh: hosts.apply((all) => all.map(sshCommand)),
    expiresAt: owner.expiresAt,
    price: hosts.apply(priceOf),
    inventory: hosts.apply(
      (all): InventoryDocument => ({
        format: inventoryFormat,
        hosts: all.map((host) => inventoryHost(host, { provider, expiresAt: owner.expiresAt })),
      }),
    ),
  };
}

function knownHost({ address, sshPort, hostKey }: Host): string {
  const [type, key] = hostKey.split(" ");
  return `${sshPort === defaultSshPort ? address : `[${address}]:${sshPort}`} ${type} ${key}\n`;
}

function sshCommand({ address, sshPort, user }: Host): string {
  const port = sshPort === defaultSshPort ? "" : `-p ${sshPort} `;
  return `ssh -o UserKnownHostsFile=knownHosts -o StrictHostKeyChecking=yes ${port}${user}@${address}`;
}

/** The price of all hosts, which are of one kind. */
function priceOf(hosts: readonly Host[]): ClusterPrice | null {
  const price = hosts[0]?.price ?? null;
  if (price === null) return null;
  const { currency, asOf, location } = price;
  const perHour = Number((hosts.length * (price.perHour + price.privateNetworkPerHour)).toFixed(4));
  return { currency, perHour, asOf, location };
}

function inventoryHost(
  host: Host,
  rent: { readonly provider: EdgeClusterArgs["provider"]; readonly expiresAt: string },
): InventoryHost {
  const { name, privateAddress, os, architecture, id, machineType, location, zone, price } = host;
  const machine = machineNamed(machineType, rent.provider);
  return {
    name,
    ssh: { host: host.address, port: host.sshPort, user: host.user, hostKey: host.hostKey },
    privateAddress,
    os,
    hostClass: host.hostClass === "nested" ? "nested" : "metal",
    architecture,
    ...sizeOf(machine),
    features: machine === undefined ? [] : [...featuresOf(machine)],
    rented: { ...rent, id, machineType, location, zone, price },
  };
}

/** A machine that is newer than the catalogue says itself how large it is. */
function sizeOf(machine: MachineType | undefined) {
  if (machine === undefined) return {};
  return { cores: machine.cores, memoryMiB: Math.floor(machine.memoryGiB * 1024) };
}
