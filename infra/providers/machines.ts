import { InfraError } from "../failure.ts";
import { clusterProviders } from "./cluster-providers.ts";
import { localProvider } from "./local/provider.ts";
import { hasOpenNebula } from "./opennebula/place.ts";
import { openNebulaProvider } from "./opennebula/provider.ts";
import type { Provider, Resource } from "./provider.ts";
import { simulatorProvider } from "./simulator/provider.ts";

/** Environment variable that names the place where new servers come from; `local` without it. */
export const providerVariable = "EDGECERT_PROVIDER";

/** Environment variable with the folder of scripted programs for `simulator`. */
export const programsVariable = "EDGECERT_SIMULATOR_PROGRAMS";

/**
 * Every place of this installation as one provider. New servers come from the place that the environment names; what is
 * listed, destroyed and released is of all places, so that nothing is forgotten when the choice changes between a run
 * and its resume.
 */
export function machinesOf(home: string, environment: NodeJS.ProcessEnv = process.env): Provider {
  const programs = environment[programsVariable];
  const local = localProvider({ home });
  const simulator = simulatorProvider({ home, ...(programs === undefined || programs === "" ? {} : { programs }) });
  const name = environment[providerVariable] ?? "";
  const openNebula = openNebulaProvider({ home, environment });
  const known = [local, simulator, openNebula];
  // Because a front-end that is neither chosen nor holds anything of this home need not be there to be asked.
  const asked = name === openNebula.name || hasOpenNebula(home);
  const places = asked ? known : [local, simulator];
  const clusters = clusterProviders(home, environment);
  const holders = [...places, ...clusters];
  const chosen = (): Provider => {
    const found = name === "" ? local : known.find((one) => one.name === name);
    if (found === undefined) throw new InfraError(noSuchProvider(name, known));
    return found;
  };
  const placeOf = (name: string): Provider => known.find((one) => one.name === name) ?? local;
  const all = async (look: (place: Holder) => Promise<readonly Resource[]>): Promise<readonly Resource[]> =>
    (await Promise.all(holders.map(look))).flat();
  return {
    name: local.name,
    estimate: async (requests) => chosen().estimate(requests),
    provision: async (requests, owner, io) => chosen().provision(requests, owner, io),
    destroy: (owner, signal) => all((place) => place.destroy(owner, signal)),
    list: (filter) => all((place) => place.list(filter)),
    release: (resource, signal) =>
      ([...known, ...clusters].find((one) => one.name === resource.provider) ?? local).release(resource, signal),
    isGone: async (server) =>
      (await known.find((one) => one.name === server.facts.provider)?.isGone?.(server)) ?? false,
    keep: async (holder, until, signal) => {
      for (const place of holders) await place.keep(holder, until, signal);
    },
    consolePath: (server) => placeOf(server.facts.provider).consolePath?.(server) ?? null,
    classify: (error) => local.classify(error),
  };
}

/** Where something of ours may be held: servers or whole clusters. */
type Holder = Pick<Provider, "name" | "destroy" | "list" | "release" | "keep">;

function noSuchProvider(name: string, places: readonly Provider[]) {
  return {
    reason: "no-such-provider",
    class: "configuration",
    title: "No such provider",
    detail: `${providerVariable} is ${JSON.stringify(name)}.`,
    next: `Leave it out, or choose one of ${places.map((place) => place.name).join(", ")}.`,
  } as const;
}
