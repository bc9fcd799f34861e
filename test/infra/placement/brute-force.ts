import type { PlacementPolicy } from "../../../infra/placement/arrangement.ts";
import type { Demand } from "../../../infra/placement/demand.ts";
import type { PlaceableHost, Room } from "../../../infra/placement/host-room.ts";

const nothing: Room = { threads: 0, memoryMiB: 0 };

/**
 * Cost of the best of all arrangements, by trying every one; infinite where none fits. For hosts of one NUMA node, and
 * servers with a hardware thread for each processor.
 */
export function leastOfAll(
  hosts: readonly PlaceableHost[],
  demands: readonly Demand[],
  policy: PlacementPolicy,
): number {
  let least = Number.POSITIVE_INFINITY;
  for (let code = 0; code < hosts.length ** demands.length; code += 1) {
    const choice = demands.map((_, index) => Math.floor(code / hosts.length ** index) % hosts.length);
    const on = hosts.map((_, at) => demands.filter((__, index) => choice[index] === at));
    const fits = on.every((own, at) => {
      const free = hosts[at]?.free[0] ?? nothing;
      return sum(own, "cores") <= free.threads && sum(own, "memoryMiB") <= free.memoryMiB;
    });
    if (!fits) continue;
    const opened = on.filter((own, at) => own.length > 0 && hosts[at]?.used === false).length;
    least = Math.min(least, policy === "pack" ? opened : Math.max(...on.map((own) => own.length)));
  }
  return least;
}

function sum(demands: readonly Demand[], of: "cores" | "memoryMiB"): number {
  return demands.reduce((total, demand) => total + demand[of], 0);
}
