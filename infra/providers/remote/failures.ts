import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** A host whose processor cannot run this machine's Node.js. */
export function foreignHost(machine: string): Failure {
  return {
    reason: "foreign-host",
    class: "configuration",
    title: "The host's processor is another kind than this machine's",
    detail: `The host is ${JSON.stringify(machine)}, this machine ${process.arch}: its Node.js does not run there.`,
    next: "Run edgecert on a machine with a processor of the host's kind.",
  };
}

/** A host's program that ended without an answer. */
export function noAnswer(host: string, verb: string, said: string): Failure {
  return {
    reason: "host-program",
    class: "transient",
    title: `The program on ${host} ended without an answer`,
    detail: `It was asked to ${verb}.${said === "" ? "" : ` It said:\n${said}`}`,
    next: "Look at the host: is its disk full, was it rebooted, is its memory enough?",
  };
}

/** Hosts that have no room for a group at this moment. */
export function noRoomOnHosts(detail: string): Failure {
  return {
    reason: "no-room-on-hosts",
    class: "capacity",
    title: "No host has room for the servers",
    detail: `${detail}.`,
    next: "Ask for larger or more hosts, or for smaller servers.",
  };
}

/** A cluster without a host that may be used. */
export function noHost(why: string): Failure {
  return {
    reason: "no-host",
    class: "capacity",
    title: "No host of the cluster can have servers",
    detail: why,
    next: "The detail says why each of them is not used.",
  };
}
