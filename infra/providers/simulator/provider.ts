import { join, resolve } from "node:path";
import { InfraError } from "../../failure.ts";
import { neverFits, type Size } from "../../hosts/capacity.ts";
import { machineError, neverFitsHere } from "../local/failures.ts";
import { keepGroup } from "../local/keep.ts";
import { isServerGone, listResources } from "../local/listing.ts";
import { placesIn, serverFiles } from "../local/places.ts";
import { releaseAll, releaseOne } from "../local/release.ts";
import { badNames } from "../local/server-record.ts";
import type { Provider, Resource } from "../provider.ts";
import { badScriptedNames, needsLinux } from "./failures.ts";
import { provisionScripted, simulatorName } from "./provision.ts";

/** How scripted machines are set up. */
export interface SimulatorOptions {
  /** The home folder; everything of the simulator lies in `simulator` below it. */
  readonly home: string;
  /** Folder of programs that a scripted machine finds before this machine's own. */
  readonly programs?: string;
  /** Room that scripted machines share as if they were real: for rehearsals of a place that is full. Default: no limit. */
  readonly machine?: Size;
  /** How long a group waits for room, in milliseconds; default one minute. */
  readonly capacityDeadlineMs?: number;
}

/**
 * Scripted machines in place of servers, for rehearsals of pipelines and of edgecert itself: each is a root of its own
 * made of this machine's programs, behind a real SSH server, up in a second. Nothing that ran on one proves anything
 * about a product, and a certificate says so.
 */
export function simulatorProvider(options: SimulatorOptions): Provider {
  const places = placesIn(resolve(join(options.home, simulatorName)));
  const { machine = null, capacityDeadlineMs: deadlineMs = 60_000 } = options;
  const programs = options.programs === undefined ? null : resolve(options.programs);
  const simulation = { places, programs, machine, deadlineMs };
  const named = (one: Resource): Resource => ({ ...one, provider: simulatorName });
  return {
    name: simulatorName,
    estimate: async (requests) => {
      const bad = badNames(requests);
      if (bad !== undefined) return badScriptedNames(bad);
      const never = machine === null ? undefined : neverFits(requests, machine);
      return never === undefined ? { dollarsPerHour: 0, secondsToReady: 2 } : neverFitsHere(never);
    },
    provision: async (requests, owner, io) => {
      if (process.platform !== "linux") throw new InfraError(needsLinux(process.platform));
      const bad = badNames(requests);
      if (bad !== undefined) throw new InfraError(badScriptedNames(bad));
      return provisionScripted(simulation, requests, owner, io);
    },
    destroy: async (owner, signal) => (await releaseAll(places, owner, signal)).map(named),
    list: async (filter) => (await listResources(places, filter)).map(named),
    release: (resource, signal) => releaseOne(places, resource, signal),
    isGone: ({ id }) => isServerGone(places.home, id),
    keep: (holder, until, signal) => keepGroup(places, holder, until, signal),
    consolePath: (server) => serverFiles(places, server.id).console,
    classify: (error) => (error instanceof InfraError ? error.failure : machineError(error)),
  };
}
