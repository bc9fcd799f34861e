/** What may become of a machine that is about to be made. */
export type MachineFate =
  /** Its disks cannot be copied. */
  | "prolog-failure"
  /** The hypervisor refuses it. */
  | "boot-failure"
  /** Its disks are copied for ever. */
  | "stuck-in-prolog"
  /** It runs and never takes the host key that it is given. */
  | "own-host-key"
  /** It runs and powers itself off. */
  | "powers-off";

/** Faults that a test orders. Each list is used up from its front. */
export interface FakeScript {
  /** Fates of the next machines; what is left out runs. */
  readonly fates: (MachineFate | "runs")[];
  /** Names of hosts that cannot be monitored. */
  readonly unreachableHosts: Set<string>;
  /** Cores and memory of a host by its name; `size` for all others. */
  readonly sizes: Map<string, { readonly cores: number; readonly memoryMiB: number }>;
  size: { readonly cores: number; readonly memoryMiB: number };
  /**
   * What becomes of the next requests: `refuse` closes the connection before reading, `cut` does what is asked and then
   * closes it without an answer, `election` answers as a front-end without a leader.
   */
  readonly requests: ("refuse" | "cut" | "election" | "answer")[];
  /** Whether images that are fetched end in error. */
  brokenImages: boolean;
  /** Methods whose next call is done, and its answer cut off. */
  readonly cuts: string[];
  /** Everything that is not in the list meets this; undefined for an ordinary answer. */
  always: "refuse" | undefined;
  /** Milliseconds that each answer takes. */
  slowMs: number;
  /** Every method that was called, in order, with who called it. */
  readonly calls: { readonly method: string; readonly user: string }[];
  /** The last number given away in each kind of objects. */
  readonly lastIds: Map<ReadonlyMap<number, unknown>, number>;
}

/** A script without faults: hosts of 8 cores and 16 GiB. */
export function newScript(): FakeScript {
  return {
    ...{ fates: [], unreachableHosts: new Set(), sizes: new Map(), size: { cores: 8, memoryMiB: 16_384 } },
    ...{ requests: [], cuts: [], brokenImages: false, always: undefined, slowMs: 0, calls: [], lastIds: new Map() },
  };
}
