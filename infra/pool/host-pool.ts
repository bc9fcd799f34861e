import type { Owner } from "../../pipelines/dsl/context.ts";
import type { InventoryHost } from "../inventory-document.ts";
import type { PlacementPolicy } from "../placement/arrangement.ts";
import type { Demand } from "../placement/demand.ts";
import type { PlaceableHost } from "../placement/host-room.ts";
import type { Resource } from "../providers/provider.ts";
import type { HostCondition } from "./condition.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Hold } from "./ledger.ts";

/** What is wanted of a pool: room for a group of servers, or whole hosts that nobody else has anything on. */
export type PoolDemand =
  | { readonly kind: "servers"; readonly demands: readonly Demand[]; readonly policy?: PlacementPolicy }
  | { readonly kind: "hosts"; readonly count: number; readonly each: Omit<Demand, "name"> };

/** A host with what is held of it. */
export interface HeldHost {
  readonly host: InventoryHost;
  readonly facts: HostFacts;
  /** The servers that have room there; empty for a whole host. */
  readonly servers: readonly { readonly name: string; readonly node: number | null }[];
}

/** A host of a pool as it stands: nothing was asked of it now. */
export interface HostStanding {
  readonly host: InventoryHost;
  readonly condition: HostCondition;
  /** Null where neither the inventory nor an earlier look says its size. */
  readonly room: PlaceableHost | null;
  readonly holds: readonly Hold[];
}

/** How a pool speaks while it looks for room. */
export interface PoolIo {
  readonly signal: AbortSignal;
  note(text: string): void;
}

/**
 * Hosts that runs share. What a run holds is written down before it is used, survives the death of the process, and goes
 * by release or by expiry. A host is looked at before it is handed out; one that is not well is set aside with the reason.
 * The machines are hosts only: no evidence is taken on them, because an earlier attempt may have used them.
 */
export interface HostPool {
  readonly name: string;
  survey(): Promise<readonly HostStanding[]>;
  /** Why the hosts could never hold this, were they all well and empty; undefined where they could, or nobody knows. */
  neverFits(demand: PoolDemand): Promise<string | undefined>;
  /** All of it or nothing; waits for room as long as the pool's patience. Throws an error carrying a Failure. */
  claim(demand: PoolDemand, owner: Owner, io: PoolIo): Promise<readonly HeldHost[]>;
  /** Gives back all that the owner's run and node hold; nothing is success. Refuses an older token. */
  release(owner: Owner, signal: AbortSignal): Promise<readonly Resource[]>;
}
