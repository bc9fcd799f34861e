import type * as pulumi from "@pulumi/pulumi";
import type { Owner } from "../../pipelines/dsl/context.ts";
import type { ServerFacts } from "../../pipelines/dsl/event.ts";
import type { ListPrice } from "../catalog/machine-type.ts";
import type { Architecture } from "../catalog/operating-systems.ts";
import { InfraError } from "../failure.ts";
import type { PrivateVlan } from "../hosts/kvm/private-vlan-step.ts";
import type { AwsClusterArgs } from "./aws.ts";
import type { EquinixMetalClusterArgs } from "./equinix-metal.ts";
import { missingPackage } from "./failures.ts";
import type { ScalewayClusterArgs } from "./scaleway.ts";

/** SSH host key that we made: the only one that is ever accepted from the host. */
export interface HostKey {
  /** `ssh-ed25519 AAAA...`. */
  readonly publicKey: string;
  /** In OpenSSH's PEM form. Sits in user data, and so in the state, as a secret: replaced on first contact. */
  readonly privateKey: pulumi.Input<string>;
}

/** What a cluster is asked for, at whatever provider. */
export interface ClusterArgs {
  /** Number of hosts, at least 1. */
  readonly count: number;
  /** Operating system of the hosts, such as `debian-12`. */
  readonly os: string;
  /** Written as tags on every resource by the call that creates it. */
  readonly owner: Owner;
  /** Login key in OpenSSH's form. */
  readonly sshPublicKey: string;
  /** As many as hosts, in their order. */
  readonly hostKeys: readonly HostKey[];
  /**
   * Port that SSH connections from outside come in at; default 22. The hosts' sshd listens there and at 22, and of the
   * two only this one is open in the firewall of the cluster, where the provider has one.
   */
  readonly sshPort?: number;
}

/** Where SSH connections come in when nothing else is said. */
export const defaultSshPort = 22;

/** A cluster at one of the providers. */
export type EdgeClusterArgs =
  | ({ readonly provider: "aws" } & AwsClusterArgs)
  | ({ readonly provider: "equinix-metal" } & EquinixMetalClusterArgs)
  | ({ readonly provider: "scaleway" } & ScalewayClusterArgs);

/** The arguments of a cluster as far as they are known. */
export type Wishes<Args> = { readonly [Name in keyof Args]?: Args[Name] | undefined };

/**
 * A machine that came up, in the same words for every provider: its provider says it runs; whether it answers is found out
 * by SSH. Plain JSON without secrets.
 */
export interface Host {
  /** Host name, unique in the cluster. */
  readonly name: string;
  /** The provider's own, such as `i-0123456789abcdef0`. */
  readonly id: string;
  /** IPv4 address that SSH connections go to: the public one, unless the arguments say otherwise. */
  readonly address: string;
  /** IPv4 address among the hosts of the cluster. */
  readonly privateAddress: string;
  /**
   * The VLAN that `privateAddress` is in, where the host's operating system does not bring it up by itself; absent where it
   * does.
   */
  readonly privateVlan?: PrivateVlan;
  /** Port of `address` that SSH connections come in at. */
  readonly sshPort: number;
  /** User that accepts the login key. */
  readonly user: string;
  /** Public host key, `ssh-ed25519 AAAA...`. */
  readonly hostKey: string;
  /** Such as `debian-12`. */
  readonly os: string;
  /** What it was made from, in the provider's words; the name is null where the provider was given an id alone. */
  readonly image: { readonly id: string; readonly name: string | null };
  readonly hostClass: ServerFacts["hostClass"];
  readonly architecture: Architecture;
  /** The provider's own word for the kind of machine: an instance type, a plan, an offer. */
  readonly machineType: string;
  /** The catalogue's id of the place: a region of EC2, a metro, a zone of Scaleway. */
  readonly location: string;
  /** Where in that place, in the provider's word: availability zone, facility; null where it says nothing finer. */
  readonly zone: string | null;
  /** What the catalogue knows; null where it knows no price. */
  readonly price: ListPrice | null;
}

/** Hosts that one provider brought up together for one owner. */
export interface EdgeCluster extends pulumi.ComponentResource {
  readonly hosts: pulumi.Output<readonly Host[]>;
}

/**
 * Declares a cluster named `name` (a DNS label, the beginning of its hosts' names) at the provider that the arguments
 * name. Throws an InfraError where the request can never be satisfied there.
 */
export async function edgeCluster(
  name: string,
  args: EdgeClusterArgs,
  options?: pulumi.ComponentResourceOptions,
): Promise<EdgeCluster> {
  // Imported on demand because a program then needs the package and the plugin of its own provider only. For the same end
  // no node_modules stands below the folder of `main`: the language host of `pulumi up` asks for the plugins of all there.
  switch (args.provider) {
    case "aws": {
      const { AwsCluster } = await import("./aws.ts");
      return new AwsCluster(name, args, options);
    }
    case "equinix-metal": {
      const { EquinixMetalCluster } = await import("./equinix-metal.ts");
      return new EquinixMetalCluster(name, args, options);
    }
    case "scaleway": {
      const { ScalewayCluster } = await import("./scaleway.ts").catch(saysWhatIsMissing);
      return new ScalewayCluster(name, args, options);
    }
  }
}

/** The only optional package; everything else that is missing is a defect of the installation. */
function saysWhatIsMissing(error: unknown): never {
  const missing = error instanceof Error && /Cannot find (package|module) .*@pulumiverse\/scaleway/.test(error.message);
  if (!missing) throw error;
  throw new InfraError(missingPackage("scaleway", "@pulumiverse/scaleway"), { cause: error });
}
