import type { InventoryHost } from "../inventory-document.ts";
import { claimHosts } from "./claim.ts";
import type { HostPool } from "./host-pool.ts";
import type { Look } from "./look.ts";
import type { PoolSeat } from "./places.ts";
import { releaseHolds } from "./release.ts";
import { neverFits, surveyHosts } from "./survey.ts";

/** Hosts that are shared, and how. */
export interface PoolOptions extends PoolSeat, Look {
  readonly name: string;
  readonly hosts: readonly InventoryHost[];
  /** How long a claim waits for room, in milliseconds; default 10 minutes. */
  readonly patienceMs?: number;
}

/** The hosts of an inventory, shared by leases in a folder that all processes of this user use. */
export function hostPool(options: PoolOptions): HostPool {
  return {
    name: options.name,
    survey: () => surveyHosts(options),
    neverFits: async (demand) => neverFits(await surveyHosts(options), demand),
    claim: (demand, owner, io) => claimHosts(options, demand, { owner, io }),
    release: (owner, signal) => releaseHolds(options, { owner }, signal),
  };
}
