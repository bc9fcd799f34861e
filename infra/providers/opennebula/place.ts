import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Places, placesIn } from "../local/places.ts";
import { type Caller, type CallerOptions, openNebulaCaller } from "./caller.ts";
import { type TaggedMachine, taggedMachine } from "./machine-tags.ts";
import { type OpenNebula, openNebula } from "./open-nebula.ts";
import { type Profile, profileOf } from "./profile.ts";
import { sessionPlace } from "./session.ts";

/** How long things may take, and how they are reached. Milliseconds. */
export interface OpenNebulaOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** How long a group waits for room; default 5 minutes. */
  readonly capacityDeadlineMs?: number;
  /** From the host's choice to a shell, disks copied and all; default 15 minutes. */
  readonly startDeadlineMs?: number;
  /** Until a machine is done; default 5 minutes. */
  readonly endDeadlineMs?: number;
  /** Between two looks at a machine; default 1 s. */
  readonly pollMs?: number;
  readonly calls?: CallerOptions;
}

/** Environment variable with the port of SSH on servers; 22 without it. */
export const sshPortVariable = "EDGECERT_OPENNEBULA_SSH_PORT";

/** An OpenNebula with the files of ours about it. */
export interface OpenNebulaPlace {
  readonly places: Places;
  readonly options: Required<Omit<OpenNebulaOptions, "calls" | "environment">> & { readonly sshPort: number };
  /** The calls of one piece of work. */
  with(signal: AbortSignal): Promise<OpenNebula>;
  /** What differs with the version of the front-end; asked once. */
  profile(signal: AbortSignal): Promise<Profile>;
}

/** Where leases and keys of OpenNebula's servers lie below a home. */
export function openNebulaPlaces(home: string): Places {
  return placesIn(join(home, "opennebula"));
}

/**
 * Whether this home has had machines at an OpenNebula that may not be gone yet: it is asked then, whatever place new
 * servers come from.
 */
export function hasOpenNebula(home: string): boolean {
  const { groups } = openNebulaPlaces(home);
  return existsSync(groups) && readdirSync(groups).length > 0;
}

/** The place that the environment names. Nothing is read or asked before it is used. */
export function openNebulaPlace(home: string, options: OpenNebulaOptions): OpenNebulaPlace {
  const { environment = process.env, calls, ...times } = options;
  let caller: Promise<Caller> | undefined;
  let profile: Promise<Profile> | undefined;
  const open = (): Promise<Caller> => {
    caller ??= sessionPlace(environment).then((place) => openNebulaCaller(place, calls));
    return caller;
  };
  const use = async (signal: AbortSignal) => openNebula(await open(), signal);
  return {
    places: openNebulaPlaces(home),
    options: {
      ...{ capacityDeadlineMs: 300_000, startDeadlineMs: 900_000, endDeadlineMs: 300_000, pollMs: 1000, ...times },
      sshPort: Number(environment[sshPortVariable] || 22),
    },
    with: use,
    profile: async (signal) => {
      // Because a front-end that was away when it was first asked must be asked again.
      profile ??= use(signal)
        .then((one) => one.accounts.version())
        .then(profileOf);
      return profile.catch((error: unknown) => {
        profile = undefined;
        throw error;
      });
    },
  };
}

/** The machines of ours that are not done, narrowed by run and node where given. */
export async function taggedMachines(
  one: OpenNebula,
  filter: { readonly run?: string; readonly node?: string },
): Promise<readonly TaggedMachine[]> {
  const all = (await one.machines.mine()).flatMap((machine) => taggedMachine(machine) ?? []);
  return all.filter(
    ({ resource }) =>
      (filter.run === undefined || resource.run === filter.run) &&
      (filter.node === undefined || resource.node === filter.node),
  );
}
