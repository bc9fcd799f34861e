import type { Failure } from "../../../pipelines/dsl/failure.ts";
import { InfraError } from "../../failure.ts";

/** Every expected failure of servers and hosts at OpenNebula by its reason. The detail is added where it is thrown. */
export const serverFailures = {
  "opennebula-never-fits": {
    class: "capacity",
    title: "OpenNebula can never hold the servers asked for",
    next: "Ask for less memory or fewer virtual CPUs, add a host, or let another place serve this.",
  },
  "opennebula-no-room": {
    class: "capacity",
    title: "OpenNebula has no room for the servers now",
    next: "`onehost list` shows what is in use; wait, give something back, or let another place serve this.",
  },
  "opennebula-no-template": {
    class: "configuration",
    title: "OpenNebula has no template for this operating system",
    next: "Make a template whose attribute EDGECERT_OS, or whose name, is that of the operating system, and let this user see it.",
  },
  "opennebula-cannot": {
    class: "configuration",
    title: "OpenNebula cannot give such a server",
    next: "Ask for one without that, or use another provider for it.",
  },
  "opennebula-server-failed": {
    class: "transient",
    title: "OpenNebula could not start a server",
    next: "`onevm show` of its number says more. A second try goes to whichever host the scheduler likes then.",
  },
  "opennebula-server-stopped": {
    class: "lost",
    title: "A server of OpenNebula stopped by itself",
    next: "Somebody stopped it, or it powered itself off: its console and the log of its host say more.",
  },
  "opennebula-not-ready": {
    class: "transient",
    title: "A server of OpenNebula runs and cannot be used",
    next: "Its image needs OpenNebula's contextualization packages, sshd, and a card in a network that leads here.",
  },
  "opennebula-not-terminated": {
    class: "transient",
    title: "OpenNebula does not let go of a machine",
    next: "It is tried again by the next sweep; an administrator can end it with `onevm recover --delete`.",
  },
  "opennebula-host-not-ready": {
    class: "transient",
    title: "A host of OpenNebula is not monitored",
    next: "Check that oneadmin reaches it by SSH, and that it reaches the front-end's port 4124 by TCP and UDP.",
  },
  "opennebula-object-not-ready": {
    class: "transient",
    title: "An object of a location did not become what it should be",
    next: "Look at it with the `one*` command of its kind; what was made before it can be removed and made again.",
  },
} as const satisfies Readonly<Record<string, Omit<Failure, "reason" | "detail">>>;

/** Why a server or host at OpenNebula failed. */
export type ServerReason = keyof typeof serverFailures;

/** The failure of a server or host. */
export function serverFailure(reason: ServerReason, detail: string): Failure {
  return { reason, detail, ...serverFailures[reason] };
}

/** As {@link serverFailure}, to throw. */
export function serverError(reason: ServerReason, detail: string, cause?: unknown): InfraError {
  return new InfraError(serverFailure(reason, detail), cause === undefined ? undefined : { cause });
}
