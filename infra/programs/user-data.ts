import * as pulumi from "@pulumi/pulumi";
import { InfraError } from "../failure.ts";
import { cloudConfig, type Habits } from "./cloud-config.ts";
import type { ClusterArgs, HostKey } from "./edge-cluster.ts";
import { hostKeyCount } from "./failures.ts";

/** A host to create: its name and its key. */
export interface NamedKey {
  readonly hostname: string;
  readonly hostKey: HostKey;
}

/** The hosts of a cluster, named `<cluster>-1`, `<cluster>-2`. Throws an InfraError unless each has a key of its own. */
export function namedKeys(cluster: string, args: ClusterArgs): NamedKey[] {
  const distinct = new Set(args.hostKeys.map((key) => key.publicKey)).size;
  if (distinct !== args.count || args.hostKeys.length !== args.count)
    throw new InfraError(hostKeyCount(args.count, distinct));
  return args.hostKeys.map((hostKey, index) => ({ hostname: `${cluster}-${index + 1}`, hostKey }));
}

/** Cloud-init's cloud-config for a host, secret because it holds the private host key. */
export function userData({ hostname, hostKey }: NamedKey, habits: Habits): pulumi.Output<string> {
  const { publicKey } = hostKey;
  return pulumi
    .secret(hostKey.privateKey)
    .apply((privateKey) => cloudConfig({ hostname, hostKey: { publicKey, privateKey }, ...habits }));
}
