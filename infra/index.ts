import * as pulumi from "@pulumi/pulumi";
import { InfraError } from "./failure.ts";
import { typeErrors } from "./pulumi/type-check.ts";

/** Entry of `pulumi up`: the stack's configuration becomes a cluster, which its outputs describe. */
export default async function edge() {
  // First, because a program with a type error must not begin to create anything; ts-node itself only strips types here.
  const wrong = await typeErrors(import.meta.filename);
  if (wrong !== "") throw new pulumi.RunError(`The program has type errors:\n${wrong}`);
  const { clusterOfStack } = await import("./programs/stack-configuration.ts");
  const { edgeCluster } = await import("./programs/edge-cluster.ts");
  const { outputsOf } = await import("./programs/stack-outputs.ts");
  try {
    const args = clusterOfStack(new pulumi.Config());
    return { ...outputsOf(args, await edgeCluster(pulumi.getStack(), args)) };
  } catch (error) {
    if (!(error instanceof InfraError)) throw error;
    // Because Pulumi prints the stack of any other error, and an expected failure is no defect of the program.
    throw new pulumi.RunError(`${error.message} ${error.failure.next}`);
  }
}
