import type { Architecture } from "./operating-systems.ts";

/** Providers that rent whole machines, or machines whose guests may run guests. */
export const renters = ["aws", "equinix-metal", "scaleway"] as const;

export type Renter = (typeof renters)[number];

/** A kind of machine that a provider rents and that can be a KVM host. */
export interface MachineType {
  readonly provider: Renter;
  /** The provider's own word: an instance type, a plan, an offer. */
  readonly name: string;
  /** `metal` is the whole machine, `nested` a virtual one that may run guests. */
  readonly hostClass: "metal" | "nested";
  readonly architecture: Architecture;
  /** The processor's name; null where it is not known. */
  readonly cpu: string | null;
  /** Processors as the operating system counts them: hardware threads. */
  readonly cores: number;
  readonly memoryGiB: number;
  /** Disks inside the machine; empty where it has only network storage. */
  readonly disks: readonly Disks[];
  readonly gpus: readonly { readonly count: number; readonly model: string }[];
  /** Null where it is not known. */
  readonly networkGbps: number | null;
  /** Null where no list price is known. */
  readonly price: ListPrice | null;
  /** How many the provider had on the day and at the place of the price; null where it does not say. */
  readonly stock: "available" | "low" | "empty" | null;
  /** Ids of the provider's locations that had it when its data was taken. */
  readonly locations: readonly string[];
  /**
   * `offered` may be chosen by us; `explicit` is used only when it is named (sold as long-term dedicated hosts);
   * `withdrawn` can no longer be had; `unsuitable` can be rented, but takes no cloud-init, so that nobody can tell whose
   * host key it has.
   */
  readonly state: "offered" | "explicit" | "withdrawn" | "unsuitable";
  /** Whether the original system of 2020 offered it. */
  readonly original: boolean;
}

/** Equal disks inside a machine. */
export interface Disks {
  readonly count: number;
  /** Of each, in 10^9 bytes. */
  readonly gigabytes: number;
  readonly kind: "nvme" | "ssd" | "hdd";
}

/** What the provider asked publicly, without discounts: a lower bound, since traffic and disks come on top. */
export interface ListPrice {
  /** ISO 4217. */
  readonly currency: "USD" | "EUR";
  readonly perHour: number;
  /** What a machine costs more on a private network, in the same currency; 0 where it is free. */
  readonly privateNetworkPerHour: number;
  /** Location that it holds for; others may cost more. */
  readonly location: string;
  /** Day it was read, and where. */
  readonly asOf: string;
  readonly source: string;
}

/** Where a provider has machines. */
export interface Location {
  readonly provider: Renter;
  /** The provider's own word: a region, a metro, a zone. */
  readonly id: string;
  readonly city: string;
  readonly coordinates: Coordinates;
  /** Whether it can still be used. */
  readonly state: "open" | "closed";
  readonly original: boolean;
}

/** Degrees north and east. */
export interface Coordinates {
  readonly latitude: number;
  readonly longitude: number;
}
