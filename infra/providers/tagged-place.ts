import type { Resource } from "./provider.ts";

/** Something that is still there, and the place's word for why. */
export interface Unreleased {
  readonly resource: Resource;
  readonly why: string;
}

/** How long giving back may go on. */
export interface ReleaseIo {
  readonly signal: AbortSignal;
  /** How long what its place says will pass is tried again, in milliseconds for all together; default 10 minutes. */
  readonly patienceMs?: number;
}

/** A bare-metal instance takes up to ten minutes to terminate; what stands on it can only go after it. */
export const defaultPatienceMs = 600_000;

/**
 * A place whose resources are found and given back by their tags alone, without Pulumi and without our memory: what a lost
 * reply made is known nowhere else.
 */
export interface TaggedPlace {
  /** Such as `aws`. */
  readonly provider: string;
  /** What exists and carries our tags, narrowed by run and node where given, in the order in which it can be given back. */
  list(filter: { readonly run?: string; readonly node?: string }): Promise<readonly Resource[]>;
  /** Gives back what was listed. What is gone already is released; resolves with what is left, when it is. */
  release(resources: readonly Resource[], io: ReleaseIo): Promise<readonly Unreleased[]>;
}
