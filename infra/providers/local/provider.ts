import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { machineSize, neverFits, type Size } from "../../hosts/capacity.ts";
import { hasImage } from "../../images/image.ts";
import type { Estimate, Provider } from "../provider.ts";
import { badServerNames, badStart, machineError, neverFitsHere, notLinux } from "./failures.ts";
import { registerHome } from "./homes.ts";
import { keepGroup } from "./keep.ts";
import { isServerGone, listResources, providerName } from "./listing.ts";
import { placesIn, serverFiles } from "./places.ts";
import { provisionGroup, type Use } from "./provision.ts";
import { releaseAll, releaseOne } from "./release.ts";
import { badNames } from "./server-record.ts";

/** How the local provider is set up. */
export interface LocalOptions {
  /** Folder of images, keys and servers, made if missing. */
  readonly home: string;
  /** Folder of images where that is another one. */
  readonly images?: string;
  /** Size to work with; default: this machine's. */
  readonly machine?: Size;
  /** Servers of this machine that may boot at the same time; default: one per core. */
  readonly bootSlots?: number;
  /**
   * `snapshot` copies a server from a saved one of its kind where there is one, `cold` boots each from its image; default:
   * what the environment variable `EDGECERT_START` says, else `snapshot`.
   */
  readonly start?: "snapshot" | "cold";
  /** How long a group waits for room, in milliseconds; default 60 minutes. */
  readonly capacityDeadlineMs?: number;
  /** How long a kernel may take under KVM before emulation is taken, in milliseconds; default 20,000. */
  readonly probeDeadlineMs?: number;
}

/** Measured under emulation on 2 cores: an image with its base, and a start to the first command. */
const imageSeconds = 60;
const startSeconds = 30;

/** Servers on this machine: Debian under QEMU, with KVM where it works and emulation elsewhere. */
export function localProvider(options: LocalOptions): Provider {
  const use = useOf(options);
  const { places } = use;
  return {
    name: providerName,
    estimate: (requests) => estimate(use, requests),
    provision: async (requests, owner, io) => {
      const refusal = refusalOf(use, requests);
      if (refusal !== undefined) throw new InfraError(refusal);
      registerHome(places.home);
      return provisionGroup(use, requests, owner, io);
    },
    destroy: (owner, signal) => releaseAll(places, owner, signal),
    list: (filter) => listResources(places, filter),
    release: (resource, signal) => releaseOne(places, resource, signal),
    isGone: ({ id }) => isServerGone(places.home, id),
    keep: (holder, until, signal) => keepGroup(places, holder, until, signal),
    consolePath: (server) => serverFiles(places, server.id).console,
    classify,
  };
}

/** The machine as the options let it be used. */
export function useOf(options: LocalOptions): Use {
  const home = resolve(options.home);
  return {
    places: placesIn(home),
    images: options.images ?? home,
    machine: options.machine ?? machineSize(),
    bootSlots: options.bootSlots ?? availableParallelism(),
    start: options.start ?? process.env.EDGECERT_START ?? "snapshot",
    capacityDeadlineMs: options.capacityDeadlineMs ?? 3_600_000,
    probeDeadlineMs: options.probeDeadlineMs ?? 20_000,
  };
}

/** Why a group can never be had here; undefined when it can. */
export function refusalOf(use: Use, requests: readonly ServerRequest[]): Failure | undefined {
  if (process.platform !== "linux") return notLinux(process.platform);
  if (use.start !== "snapshot" && use.start !== "cold") return badStart(use.start);
  const names = badNames(requests);
  if (names !== undefined) return badServerNames(names);
  const size = neverFits(requests, use.machine);
  return size === undefined ? undefined : neverFitsHere(size);
}

async function estimate(use: Use, requests: readonly ServerRequest[]): Promise<Estimate | Failure> {
  const refusal = refusalOf(use, requests);
  if (refusal !== undefined) return refusal;
  const present = await Promise.all(requests.map((request) => hasImage(request, use.images)));
  const missing = present.filter((one) => !one).length;
  const starts = Math.ceil(requests.length / use.bootSlots);
  return { dollarsPerHour: 0, secondsToReady: missing * imageSeconds + starts * startSeconds };
}

function classify(error: unknown): Failure {
  if (error instanceof InfraError) return error.failure;
  return machineError(error);
}
