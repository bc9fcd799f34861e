import { awsMachines } from "./aws-machines.ts";
import { distanceKm } from "./cities.ts";
import { dollarsPerHour } from "./currency.ts";
import { equinixMachines } from "./equinix-plans.ts";
import { type FeatureName, features } from "./features.ts";
import { locations } from "./locations.ts";
import type { Coordinates, Location, MachineType, Renter } from "./machine-type.ts";
import type { Architecture } from "./operating-systems.ts";
import { scalewayMachines } from "./scaleway-offers.ts";

/** Every machine type of every provider. */
export const machines: readonly MachineType[] = [...awsMachines, ...equinixMachines, ...scalewayMachines];

/** What a machine must have. What is absent restricts nothing. */
export interface MachineQuery {
  readonly provider?: Renter;
  readonly hostClass?: MachineType["hostClass"];
  readonly architecture?: Architecture;
  readonly minCores?: number;
  readonly minMemoryGiB?: number;
  /** Of all disks inside the machine together. */
  readonly minDiskGigabytes?: number;
  readonly minNetworkGbps?: number;
  /** All of them. */
  readonly features?: readonly FeatureName[];
  /** The most in US dollars per hour, as {@link dollarsPerHour} has it; a machine without a known price costs too much. */
  readonly maxDollarsPerHour?: number;
  /** Id of the one location that must have it. */
  readonly location?: string;
  /** From where the nearest location is looked for. */
  readonly near?: Coordinates;
  /** Whether what can no longer be had, or cannot be used, is listed too. */
  readonly withdrawn?: boolean;
}

/** A machine that satisfies a query, with the nearest location that has it. */
export interface Found {
  readonly machine: MachineType;
  /** Null where no place was asked about, or none has it. */
  readonly location: Location | null;
  readonly distanceKm: number | null;
}

/** Every machine that satisfies a query: the nearest first where a place was named, then the cheapest, then by name. */
export function findMachines(query: MachineQuery): readonly Found[] {
  return machines
    .filter((machine) => satisfies(machine, query))
    .map((machine) => ({ machine, ...nearest(machine, query) }))
    .toSorted(
      (left, right) =>
        order(left.distanceKm, right.distanceKm) ||
        order(dollars(left.machine), dollars(right.machine)) ||
        left.machine.name.localeCompare(right.machine.name, "en", { numeric: true }),
    );
}

function satisfies(machine: MachineType, query: MachineQuery): boolean {
  const { provider, hostClass, architecture, location, maxDollarsPerHour } = query;
  const gigabytes = machine.disks.reduce((sum, disk) => sum + disk.count * disk.gigabytes, 0);
  return (
    (provider === undefined || machine.provider === provider) &&
    (hostClass === undefined || machine.hostClass === hostClass) &&
    (architecture === undefined || machine.architecture === architecture) &&
    (location === undefined || machine.locations.includes(location)) &&
    machine.cores >= (query.minCores ?? 0) &&
    machine.memoryGiB >= (query.minMemoryGiB ?? 0) &&
    gigabytes >= (query.minDiskGigabytes ?? 0) &&
    (query.minNetworkGbps === undefined || (machine.networkGbps ?? 0) >= query.minNetworkGbps) &&
    (query.features ?? []).every((name) => features[name].holds(machine)) &&
    (maxDollarsPerHour === undefined || (dollars(machine) ?? Number.POSITIVE_INFINITY) <= maxDollarsPerHour) &&
    (query.withdrawn === true || machine.state === "offered" || machine.state === "explicit")
  );
}

function nearest(machine: MachineType, { near, location }: MachineQuery): Omit<Found, "machine"> {
  if (near === undefined) return { location: null, distanceKm: null };
  const having = locations.filter(
    (one) =>
      one.provider === machine.provider &&
      machine.locations.includes(one.id) &&
      (location === undefined || one.id === location),
  );
  const [first] = having
    .map((one) => ({ location: one, distanceKm: Math.round(distanceKm(near, one.coordinates)) }))
    .toSorted((left, right) => left.distanceKm - right.distanceKm);
  return first ?? { location: null, distanceKm: null };
}

function dollars({ price }: MachineType): number | null {
  return price === null ? null : dollarsPerHour(price);
}

/** What is not known stands last. */
function order(left: number | null | undefined, right: number | null | undefined): number {
  const [a, b] = [left ?? Number.POSITIVE_INFINITY, right ?? Number.POSITIVE_INFINITY];
  return a === b ? 0 : a - b;
}

/** The machine of that name, at one provider or at any; undefined where none is known. */
export function machineNamed(name: string, provider?: Renter): MachineType | undefined {
  return machines.find((one) => one.name === name && (provider === undefined || one.provider === provider));
}
