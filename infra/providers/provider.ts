import type { Owner } from "../../pipelines/dsl/context.ts";
import type { LadderStep, LoginAddress, LoginHop, ServerFacts } from "../../pipelines/dsl/event.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../pipelines/dsl/request.ts";

/** One machine to log in to: a server, or a jump host on the way to it. */
export type SshHop = LoginHop;

/** How to log in to a server. */
export type SshAddress = LoginAddress;

/** A virtual machine handed to a node of a run. Plain JSON: it is a stage's output. */
export interface Server {
  /** Unique at its provider. */
  readonly id: string;
  /** Host name inside the cell. */
  readonly name: string;
  readonly role: string;
  readonly os: string;
  readonly ssh: SshAddress;
  /** IPv4 address on the private network of its group. */
  readonly privateAddress: string;
  readonly facts: ServerFacts;
}

/** What a provider lists by tag. */
export interface Resource {
  readonly provider: string;
  readonly id: string;
  readonly kind: string;
  readonly run: string;
  readonly node: string;
  readonly expiresAt: string;
}

/** How provisioning speaks: sentences for people, facts for the record. */
export interface ProvisionIo {
  readonly signal: AbortSignal;
  note(text: string): void;
  ready(server: Server): void;
  /** Told by a ladder: each rung that was asked, with what followed. */
  rung?(step: LadderStep): void;
}

export interface Estimate {
  /** US dollars per hour for the whole request; 0 on-premises. */
  readonly dollarsPerHour: number;
  readonly secondsToReady: number;
}

/**
 * How machines come and go at one place. `destroy` and `list` work from what the place lists by tag, never from our
 * memory; destroying what is gone is success. One contract test runs over every provider.
 */
export interface Provider {
  readonly name: string;
  /** What the request would cost and take, or why it can never be satisfied here. */
  estimate(requests: readonly ServerRequest[]): Promise<Estimate | Failure>;
  /** The whole group or nothing; waits for room when others hold it. Throws an error carrying a Failure. */
  provision(requests: readonly ServerRequest[], owner: Owner, io: ProvisionIo): Promise<readonly Server[]>;
  /** Gives back all that the owner's run and node hold; refuses an owner with an older token than the holder's. */
  destroy(owner: Owner, signal: AbortSignal): Promise<readonly Resource[]>;
  /** All that is tagged as ours, narrowed by run and node where given. */
  list(filter: { readonly run?: string; readonly node?: string }): Promise<readonly Resource[]>;
  /** Gives back one listed resource, for the sweep. */
  release(resource: Resource, signal: AbortSignal): Promise<void>;
  /** Whether the place knows that the server has died; absent where it cannot be asked cheaply. */
  isGone?(server: Server): Promise<boolean>;
  /** Lets all that a run's node holds go at that time (UTC, ISO 8601) and not before, without a later command of ours. */
  keep(holder: { readonly run: string; readonly node: string }, until: string, signal: AbortSignal): Promise<void>;
  /** Local file that holds what the server's serial console said; absent where the place keeps none. */
  consolePath?(server: Server): string | null;
  /** The failure behind an error of this place. */
  classify(error: unknown): Failure;
  /** Of several places as one: each by itself, for who goes on where one of them does not answer; absent for one place. */
  readonly places?: readonly Pick<Provider, "name" | "list" | "release">[];
}
