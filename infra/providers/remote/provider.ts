import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import { failureBehind } from "../../failure.ts";
import type { Estimate, Provider } from "../provider.ts";
import { noHost } from "./failures.ts";
import type { ServingHost } from "./group-record.ts";
import { provisionOnHosts } from "./host-servers.ts";
import { hostsPlace } from "./place.ts";

/** How servers on hosts are had. */
export interface RemoteOptions {
  /** Folder of images, programs and records on this machine, absolute. */
  readonly home: string;
  /** How long a group waits for room, in milliseconds; default 60 minutes. */
  readonly capacityDeadlineMs?: number;
}

/** Seen on an emulated host: from the question to servers that answer, once their image is there. */
const secondsToReady = 180;

/** The KVM hosts of a cluster as a place of servers. */
export function serversOnHosts(hosts: readonly ServingHost[], options: RemoteOptions): Provider {
  const { home, capacityDeadlineMs = 3_600_000 } = options;
  return {
    ...hostsPlace(home),
    estimate: async (requests) => estimate(hosts, requests),
    provision: (requests, owner, io) => provisionOnHosts({ home, capacityDeadlineMs }, { hosts, requests, owner }, io),
    classify: failureBehind,
  };
}

/** Hosts are paid for already, whatever runs on them; whether a group fits they say themselves. */
function estimate(hosts: readonly ServingHost[], requests: readonly ServerRequest[]): Estimate | Failure {
  if (hosts.length === 0 && requests.length > 0) return noHost("The cluster has none.");
  return { dollarsPerHour: 0, secondsToReady };
}
