import { resolve } from "node:path";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { InfraError } from "../../failure.ts";
import { machineError } from "../local/failures.ts";
import { badNames } from "../local/server-record.ts";
import type { Estimate, Provider } from "../provider.ts";
import { shortageOf } from "./capacity.ts";
import { isFailedBy } from "./failures.ts";
import { openNebulaName } from "./machine-tags.ts";
import {
  type OpenNebulaOptions,
  type OpenNebulaPlace,
  openNebulaPlace,
  sshPortVariable,
  taggedMachines,
} from "./place.ts";
import { provisionGroup } from "./provision.ts";
import { keepMachines, releaseGroup, releaseMachine } from "./release.ts";
import { serverFailure } from "./server-failures.ts";
import { chooseTemplates } from "./server-template.ts";

/** A cloud image of 2 GiB copied to the host by SSH, and its boot: a rough figure for a plan, not a promise. */
const usualSecondsToReady = 90;

const lookMs = 60_000;

/**
 * Servers from an OpenNebula, version 5.12 to 7.x, found and logged in to as its own clients do: ONE_XMLRPC, ONE_AUTH,
 * ONEFLOW_URL. Machines are made of its templates; tags, keys and the time at which OpenNebula ends them by itself are
 * part of the very call that makes them. `list` and `destroy` see the machines of the session's own user.
 */
export function openNebulaProvider(options: OpenNebulaOptions & { readonly home: string }): Provider {
  const { home, ...rest } = options;
  const place = openNebulaPlace(resolve(home), rest);
  return {
    name: openNebulaName,
    estimate: (requests) => estimate(place, requests),
    provision: async (requests, owner, io) => {
      const refusal = refusalOf(place, requests);
      if (refusal !== undefined) throw new InfraError(refusal);
      return provisionGroup(place, { requests, owner }, io);
    },
    destroy: (owner, signal) => releaseGroup(place, owner, signal),
    list: async (filter) => {
      const one = await place.with(AbortSignal.timeout(lookMs));
      return (await taggedMachines(one, filter)).map(({ resource }) => resource);
    },
    release: (resource, signal) => releaseMachine(place, resource, signal),
    isGone: (server) => isGone(place, Number(server.id)),
    keep: (holder, time, signal) => keepMachines(place, holder, { time, signal }),
    classify: (error) => (error instanceof InfraError ? error.failure : machineError(error)),
  };
}

/** What no OpenNebula could give, said without asking one. */
function refusalOf({ options }: OpenNebulaPlace, requests: readonly ServerRequest[]): Failure | undefined {
  const { sshPort } = options;
  if (!Number.isInteger(sshPort) || sshPort < 1 || sshPort > 65_535)
    return serverFailure("opennebula-cannot", `${sshPortVariable} does not hold the number of a port.`);
  const bad = badNames(requests);
  if (bad !== undefined) return serverFailure("opennebula-cannot", `${bad}.`);
  // Because a word that begins with a hyphen would be an option of the program that installs.
  const odd = requests.flatMap(({ packages }) => packages).find((name) => !/^[a-z0-9][a-z0-9.+-]*$/i.test(name));
  if (odd !== undefined)
    return serverFailure("opennebula-cannot", `${JSON.stringify(odd)} is not the name of a package.`);
  const image = requests.find((one) => one.image !== undefined || one.imageDigest !== undefined);
  if (image === undefined) return undefined;
  return serverFailure(
    "opennebula-cannot",
    `${image.name} starts from an image of its own, and servers here from templates.`,
  );
}

async function estimate(place: OpenNebulaPlace, requests: readonly ServerRequest[]): Promise<Estimate | Failure> {
  const refusal = refusalOf(place, requests);
  if (refusal !== undefined) return refusal;
  try {
    const one = await place.with(AbortSignal.timeout(lookMs));
    await place.profile(AbortSignal.timeout(lookMs));
    const shortage = await shortageOf(one, requests);
    if (shortage !== undefined) return shortage;
    await chooseTemplates(one, requests);
    return { dollarsPerHour: 0, secondsToReady: usualSecondsToReady };
  } catch (error) {
    if (error instanceof InfraError) return error.failure;
    throw error;
  }
}

async function isGone(place: OpenNebulaPlace, id: number): Promise<boolean> {
  try {
    const { condition } = await (await place.with(AbortSignal.timeout(lookMs))).machines.info(id);
    return condition !== "running" && condition !== "silent";
  } catch (error) {
    // Because a front-end that does not answer knows nothing of the server, and that is no sign of its end.
    return isFailedBy(error, "opennebula-no-exists");
  }
}
