import type { InventoryHost } from "../inventory-document.ts";
import type { PlaceableHost } from "../placement/host-room.ts";
import { choose } from "./choice.ts";
import { hostWord, readCondition } from "./condition.ts";
import type { HostStanding, PoolDemand } from "./host-pool.ts";
import { readHolds } from "./ledger.ts";
import { roomOf } from "./standing.ts";

/** Hosts, and where it is written how they stand. */
export interface Surveyed {
  readonly hosts: readonly InventoryHost[];
  readonly folder: string;
}

/** Every host as it stands by what is written. */
export async function surveyHosts({ hosts, folder }: Surveyed): Promise<readonly HostStanding[]> {
  const now = Date.now();
  const all = (await readHolds(folder)).filter(({ expiresAt }) => Date.parse(expiresAt) > now);
  return Promise.all(
    hosts.map(async (host) => {
      const word = hostWord(host);
      const condition = await readCondition(folder, word, now);
      const holds = all.filter((one) => one.host === word);
      return { host, condition, holds, room: roomOf(host, condition.seen, holds) };
    }),
  );
}

/**
 * Why hosts could never hold a demand, were all well and empty; undefined where they could, or nobody knows. Because a
 * host that is set aside comes back, only size and kind decide.
 */
export function neverFits(standings: readonly HostStanding[], demand: PoolDemand): string | undefined {
  return neverFitsRooms(
    standings.map(({ host, condition }) => roomOf(host, condition.seen, [])),
    demand,
  );
}

/** As {@link neverFits}, by what an inventory says alone. Pure. */
export function neverFitsInventory(hosts: readonly InventoryHost[], demand: PoolDemand): string | undefined {
  return neverFitsRooms(
    hosts.map((host) => roomOf(host, null, [])),
    demand,
  );
}

function neverFitsRooms(rooms: readonly (PlaceableHost | null)[], demand: PoolDemand): string | undefined {
  if (rooms.includes(null)) return undefined;
  const chosen = choose(rooms.filter(isKnown), demand);
  return typeof chosen === "string" ? chosen : undefined;
}

function isKnown(room: PlaceableHost | null): room is PlaceableHost {
  return room !== null;
}
