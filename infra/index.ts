import * as pulumi from "@pulumi/pulumi";
import { InfraError } from "./failure.ts";
import { edgeCluster } from "./programs/edge-cluster.ts";
import { clusterOfStack } from "./programs/stack-configuration.ts";
import { outputsOf } from "./programs/stack-outputs.ts";

/** Entry of `pulumi up`: the stack's configuration becomes a cluster, which its outputs describe. */
export default async function edge() {
  try {
    const args = clusterOfStack(new pulumi.Config());
    return { ...outputsOf(args, await edgeCluster(pulumi.getStack(), args)) };
  } catch (error) {
    if (!(error instanceof InfraError)) throw error;
    // Because Pulumi prints the stack of any other error, and an expected failure is no defect of the program.
    throw new pulumi.RunError(`${error.message} ${error.failure.next}`);
  }
}
