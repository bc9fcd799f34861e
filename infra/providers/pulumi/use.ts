import { type FirstContact, type KnownHost, replaceHostKey } from "../../hosts/first-contact/host-key-replacement.ts";
import type { PulumiProvider } from "./settings.ts";

/** How clusters of a home come and go. */
export interface Use {
  readonly home: string;
  readonly environment: NodeJS.ProcessEnv;
  /** For `pulumi up`, in milliseconds: a metal host of EC2 may take half an hour to be created. */
  readonly upMs: number;
  /** For the way back, in milliseconds. */
  readonly downMs: number;
  /** For creates under way when an operation is stopped, in milliseconds. */
  readonly graceMs: number;
  /** Until every host answers, in milliseconds; undefined: twice what the estimate says. */
  readonly readyMs: number | undefined;
  readonly firstContact: MakeContact;
}

/** What happens to a host once it answers by the key that it was given: it is known by the one of the result then. */
export type MakeContact = (host: KnownHost, contact: FirstContact) => Promise<KnownHost>;

/** How the provider of clusters by Pulumi is set up. */
export interface PulumiClusterOptions {
  /** Folder of stacks, keys and states, made if missing. */
  readonly home: string;
  readonly provider: PulumiProvider;
  /** Credentials and settings of Pulumi; default: this process's environment. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Default 45 minutes. */
  readonly upMs?: number;
  /** Default 60 minutes. */
  readonly downMs?: number;
  /** Default 60 seconds. */
  readonly graceMs?: number;
  /** Default: twice what the estimate of the request says. */
  readonly readyMs?: number;
  /** Default: {@link replaceHostKey}, because user data and state tell the key that a host begins with. */
  readonly firstContact?: MakeContact;
}

/** The options with their defaults. */
export function useOf(options: PulumiClusterOptions): Use {
  const { home, environment = process.env, readyMs } = options;
  const minute = 60_000;
  return {
    home,
    environment,
    upMs: options.upMs ?? 45 * minute,
    downMs: options.downMs ?? 60 * minute,
    graceMs: options.graceMs ?? minute,
    readyMs,
    firstContact: options.firstContact ?? replaceHostKey,
  };
}
