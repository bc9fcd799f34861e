import type { EdgeRung } from "../ladder/rung.ts";
import { namesPool, poolsNamed, providerVariable } from "./chosen-pools.ts";
import { clusterProviderNamed, clusterProviders } from "./cluster-providers.ts";
import { readEdgeFile } from "./edge-file.ts";
import { localProvider } from "./local/provider.ts";
import { hasOpenNebula } from "./opennebula/place.ts";
import { openNebulaProvider } from "./opennebula/provider.ts";
import type { Provider, Resource } from "./provider.ts";
import { hostServers } from "./remote/ladder-hosts.ts";
import { hostsPlace } from "./remote/place.ts";
import { simulatorProvider } from "./simulator/provider.ts";

/** Environment variable with the folder of scripted programs for `simulator`. */
export const programsVariable = "EDGECERT_SIMULATOR_PROGRAMS";

/**
 * Every place of this installation as one provider. New servers come from the place that the environment names; what is
 * listed, destroyed and released is of all places, so that nothing is forgotten when the choice changes between a run
 * and its resume.
 */
export function machinesOf(home: string, environment: NodeJS.ProcessEnv = process.env): Provider {
  const makers = makersOf(home, environment);
  const [local, simulator, openNebula] = [makers.local(), makers.simulator(), makers.opennebula()];
  const word = environment[providerVariable] ?? "";
  const known = [local, simulator, openNebula];
  // Because a front-end that is neither chosen nor holds anything of this home need not be there to be asked.
  const asked = namesPool(word, openNebula.name) || hasOpenNebula(home);
  const places = asked ? known : [local, simulator];
  const clusters = clusterProviders(home, environment);
  const hosts = hostsPlace(home);
  // Because servers go before the hosts under them.
  const holders = [...places, hosts, ...clusters];
  // Because a word that is not understood keeps nobody from giving back, it is read when new servers are asked for.
  let pools: Provider | undefined;
  const chosen = (): Provider => {
    pools ??= poolsNamed(word, makers, (file) => edgeRungs(file, home));
    return pools;
  };
  const placeOf = (name: string): Provider => known.find((one) => one.name === name) ?? local;
  const all = async (look: (place: Holder) => Promise<readonly Resource[]>): Promise<readonly Resource[]> =>
    (await atEvery(holders, look)).flat();
  return {
    name: local.name,
    estimate: async (requests) => chosen().estimate(requests),
    provision: async (requests, owner, io) => chosen().provision(requests, owner, io),
    destroy: (owner, signal) => all((place) => place.destroy(owner, signal)),
    list: (filter) => all((place) => place.list(filter)),
    release: (resource, signal) =>
      ([...known, hosts, ...clusters].find((one) => one.name === resource.provider) ?? local).release(resource, signal),
    isGone: async (server) =>
      (await (known.find((one) => one.name === server.facts.provider) ?? hosts).isGone?.(server)) ?? false,
    keep: async (holder, until, signal) => {
      await atEvery(holders, (place) => place.keep(holder, until, signal));
    },
    consolePath: (server) => placeOf(server.facts.provider).consolePath?.(server) ?? null,
    classify: (error) => local.classify(error),
    places: holders,
  };
}

/** What every place answers. One that fails stops no other in its work, and fails the whole once all have ended. */
async function atEvery<Answer>(
  places: readonly Holder[],
  ask: (place: Holder) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const asking = places.map(ask);
  await Promise.allSettled(asking);
  return Promise.all(asking);
}

/** Where something of ours may be held: servers or whole clusters. */
type Holder = Pick<Provider, "name" | "destroy" | "list" | "release" | "keep">;

function makersOf(home: string, environment: NodeJS.ProcessEnv) {
  const programs = environment[programsVariable] ?? "";
  const waits = (patienceMs?: number) => (patienceMs === undefined ? {} : { capacityDeadlineMs: patienceMs });
  return {
    local: (patienceMs?: number) => localProvider({ home, ...waits(patienceMs) }),
    simulator: (patienceMs?: number) =>
      simulatorProvider({ home, ...(programs === "" ? {} : { programs }), ...waits(patienceMs) }),
    opennebula: (patienceMs?: number) => openNebulaProvider({ home, environment, ...waits(patienceMs) }),
  };
}

/** Whether all new servers come from this machine, so that its size decides what can ever be had. */
export function isThisMachine(environment: NodeJS.ProcessEnv = process.env): boolean {
  const word = environment[providerVariable] ?? "";
  return !namesPool(word, "opennebula") && !namesPool(word, "edge");
}

function edgeRungs(file: string, home: string): readonly EdgeRung[] {
  return readEdgeFile(file).map(({ provider: name, places }) => ({
    ...{ kind: "edge", name, places },
    provider: clusterProviderNamed(name, home),
    hosts: hostServers(name, { home }),
  }));
}
