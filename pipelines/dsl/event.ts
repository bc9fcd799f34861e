import type { ClusterEvent } from "./cluster-event.ts";
import type { Failure, FailureClass } from "./failure.ts";
import type { ResultFormat } from "./request.ts";
import type { SecretSource } from "./secret.ts";

/**
 * One line of a run's record. The stored stream is ordered by `seq`, which starts at 1 and has no gaps; every view
 * (terminal, log, certificate, CI) only reads it. Text inside is free of secrets and of control characters.
 */
export type Event = EventBody & EventStamp;

/** What the engine adds to each event. */
export interface EventStamp {
  readonly v: 1;
  readonly seq: number;
  /** UTC, ISO 8601 with milliseconds. */
  readonly at: string;
  readonly run: string;
  /** Plan node the event belongs to; absent for events of the whole run. */
  readonly node?: string;
  /** 1 for the first attempt of the node. */
  readonly attempt?: number;
  /** Name of the server inside its cell, such as `frontend`. */
  readonly host?: string;
}

/** A file of the run's folder, named by a relative path with `/` and bound by its digest. */
export interface FileReference {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** What was asked about a server once it was ready: shown in the certificate. */
export interface ServerFacts {
  readonly provider: string;
  /** `simulated` for scripted machines, which prove nothing about a product. */
  readonly hostClass: "on-premises" | "nested" | "metal" | "simulated";
  /** `kvm`, or `tcg` where the processor is emulated. */
  readonly acceleration: "kvm" | "tcg";
  /** sha256 of what the image was made from. */
  readonly imageDigest: string;
  /** `cold` booted from its image, `resumed` copied from a booted machine. */
  readonly startMode: "cold" | "resumed";
  readonly kernel: string;
  readonly readyMs: number;
}

/** Where a run comes from: told by its first event, absent for a run of an earlier version. */
export interface RunOrigin {
  readonly definition?: DefinitionData;
  /** Who started it: the account that a CI names, else `user@machine`. */
  readonly requestedBy?: string;
  /** The inventory that its hosts come from, as it was then; absent for none. */
  readonly inventory?: { readonly file: string; readonly sha256: string };
}

/** A definition file at a commit; `commit` is null outside of a repository, `dirty` where the file differs from it. */
export interface DefinitionData {
  /** Relative to the top of its repository; absolute outside of one. */
  readonly file: string;
  readonly sha256: string;
  readonly commit: string | null;
  readonly dirty: boolean;
}

/** What a server said about itself when its set-up had ended, before anything was tested or built on it. */
export interface ServerDescription {
  /** `PRETTY_NAME` of os-release. */
  readonly system: string;
  readonly kernel: string;
  /** Model of the first processor, as the guest sees it. */
  readonly cpu: string;
  /** Milliseconds by which its clock is ahead of ours, right to within `clockErrorMs`: half of the exchange. */
  readonly clockOffsetMs: number;
  readonly clockErrorMs: number;
  /** Every installed package: lines of `name version architecture`, sorted by name. */
  readonly packages: FileReference;
}

/** One machine to log in to: a server, or a jump host on the way to it. */
export interface LoginHop {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute path of the private key (0600), in OpenSSH's or PEM form. Absent: the keys of the agent at `SSH_AUTH_SOCK`. */
  readonly privateKeyPath?: string;
  /** Where the passphrase of an encrypted private key is read at each login. */
  readonly passphrase?: SecretSource;
  /** Public host key in OpenSSH's `ssh-ed25519 AAAA...` form, the only one accepted. Absent: `knownHosts` decide. */
  readonly hostKey?: string;
  /** Absolute paths of known_hosts files; default: the user's and the machine's. */
  readonly knownHosts?: readonly string[];
}

/** How to log in to a server. Plain JSON without secrets. Every machine on the way is checked by its own host key. */
export interface LoginAddress extends LoginHop {
  /** Jump hosts, the one nearest to us first. */
  readonly jumps?: readonly LoginHop[];
  /**
   * Proxy before the first machine: `socks5://host:port` or `http://host:port` (CONNECT). Its credentials are read from
   * `EDGECERT_SSH_PROXY_USER` and `EDGECERT_SSH_PROXY_PASSWORD`.
   */
  readonly proxy?: string;
}

type Of<Type extends string, Data> = { readonly type: Type; readonly data: Data };

/** Where a node stands at its end. `leaked` is an undo that failed: something may still cost money. */
export type Outcome = "passed" | "failed" | "skipped" | "cancelled" | "leaked";

export type EventBody =
  | ClusterEvent
  /** `follows` names the run whose open cells this one was started for. */
  | Of<
      "run.started",
      {
        readonly planDigest: string;
        readonly resumed: boolean;
        readonly nodes: number;
        readonly follows?: string;
      } & RunOrigin
    >
  | Of<"run.resumed", { readonly reason: string }>
  /** The run waits for the end of others in its lane; told again when these change. */
  | Of<"run.queued", { readonly lane: string; readonly behind: readonly string[] }>
  | Of<"run.admitted", { readonly lane: string; readonly waitedMs: number }>
  | Of<"node.waiting", { readonly reason: string }>
  | Of<"node.started", Record<string, never>>
  | Of<"node.retrying", { readonly failure: Failure; readonly delayMs: number }>
  | Of<"node.passed", Record<string, never>>
  | Of<"node.failed", { readonly failure: Failure }>
  | Of<"node.cancelled", { readonly reason: string }>
  | Of<"node.leaked", { readonly failure: Failure }>
  /** `keptUntil` (UTC, ISO 8601) of an undo that left what it gives back for a person to look at. */
  | Of<"node.skipped", { readonly reason: string; readonly keptUntil?: string }>
  /** One line of output of running work. */
  | Of<"log", { readonly stream: "stdout" | "stderr"; readonly line: string }>
  /** One sentence of ours about what is being done. */
  | Of<"note", { readonly text: string }>
  | Of<"source.fetched", SourceData>
  | Of<"server.requested", { readonly server: string; readonly os: string; readonly role: string }>
  /** What the provider asks for all servers of the node together, in US dollars per hour; 0 where nobody is paid. */
  | Of<"servers.priced", { readonly dollarsPerHour: number }>
  /** A rung of the ladder that the node's servers were asked of, and what followed. */
  | Of<"ladder.rung", LadderStep>
  | Of<
      "server.ready",
      {
        readonly server: string;
        readonly os: string;
        readonly role: string;
        readonly id: string;
        readonly facts: ServerFacts;
        /** How to log in; absent where the place does not say. */
        readonly ssh?: LoginAddress;
      }
    >
  | Of<"server.described", { readonly server: string; readonly id: string } & ServerDescription>
  /** A server that the run rebooted runs commands again, so many milliseconds after it was asked to. */
  | Of<"server.rebooted", { readonly server: string; readonly id: string; readonly tookMs: number }>
  | Of<"server.released", { readonly server: string; readonly id: string }>
  /** A person was let onto a server of the attempt: from here on nothing that runs on it counts. */
  | Of<"attempt.touched", { readonly server: string; readonly by: string; readonly what: "shell" | "command" }>
  | Of<
      "package.built",
      { readonly name: string; readonly version: string; readonly os: string; readonly file: FileReference }
    >
  | Of<"suite.started", { readonly suite: string; readonly format: ResultFormat }>
  | Of<
      "suite.finished",
      {
        readonly suite: string;
        readonly format: ResultFormat;
        /** Null where it is not known how the suite's process ended. */
        readonly exitCode: number | null;
        readonly results: readonly FileReference[];
        readonly log: FileReference | null;
        readonly durationMs: number;
      }
    >
  /** A file kept to explain a failure: journal, declared log, core dump, console. */
  | Of<
      "evidence",
      {
        readonly kind: "journal" | "log" | "core" | "console" | "other";
        readonly file: FileReference;
        readonly truncated: boolean;
      }
    >
  | Of<"approval.waiting", { readonly expiresAt: string | null }>
  | Of<"approval.decided", { readonly decision: "approved" | "rejected"; readonly by: string; readonly reason: string }>
  /** `cause` where no person asked for it but the machine that works on the run could not go on. */
  | Of<"cancel.requested", { readonly reason: string; readonly cause?: "infrastructure" }>
  /** What providers still list for the run, and the digest of the certificate written then. */
  | Of<"run.sealed", { readonly digest: string; readonly verdict: string; readonly leftovers: readonly Leftover[] }>
  | Of<"run.finished", { readonly outcome: "passed" | "failed" | "cancelled" | "rejected"; readonly leaked: number }>;

/** One decision of a ladder: how a phase ended at a place, and what followed. */
export interface LadderStep {
  readonly rung: string;
  readonly provider: string;
  /** Such as `eu-central-1/eu-central-1a/m8i.8xlarge`; empty for a pool. */
  readonly place: string;
  /** Machines come up, they become hosts of servers, servers start on them; a pool has `servers` alone. */
  readonly phase: "provision" | "configure" | "servers";
  /** `refused` was never begun: it can never be had there, costs too much or would come too late. */
  readonly outcome: "done" | "refused" | "failed";
  /** Why it was not done: null when it was. */
  readonly reason: string | null;
  readonly class: FailureClass | null;
  readonly detail: string | null;
  /** The next phase, all servers are ready, the same phase once more, the next place, the end. */
  readonly next: "on" | "ready" | "again" | "move" | "stop";
  readonly tookMs: number;
  /** US dollars per hour of what was asked for; null where nobody says. */
  readonly dollarsPerHour: number | null;
}

/** A source at a commit: `treeDigest` is git's tree id of what was really used, `dirty` when it differs from the commit. */
export interface SourceData {
  readonly name: string;
  readonly url: string;
  readonly ref: string;
  readonly commit: string;
  readonly treeDigest: string;
  readonly dirty: boolean;
}

/** Something that a provider still lists for a run. */
export interface Leftover {
  readonly provider: string;
  readonly id: string;
  readonly node: string;
}
