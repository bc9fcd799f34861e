import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { Unreleased } from "../tagged-place.ts";

/** A request in words that its provider does not have; every problem at once. */
export function badSettings(provider: string, problems: readonly string[]): Failure {
  return {
    reason: "bad-cluster-request",
    class: "configuration",
    title: `The request does not describe a cluster at ${provider}`,
    detail: `${problems.join("; ")}.`,
    next: "Correct each; awsCluster, equinixMetalCluster and scalewayCluster of the stages know the words.",
  };
}

/** A cluster that costs more than its request allows, or of which nobody knows what it costs. */
export function overBudget(most: number, dollars: number | null): Failure {
  return {
    reason: "over-budget",
    class: "configuration",
    title: "The cluster may cost more than is allowed",
    detail:
      dollars === null
        ? `At most ${most} US dollars per hour are allowed, and the catalogue has no price for this machine.`
        : `It costs ${dollars.toFixed(2)} US dollars per hour by list prices, and at most ${most} are allowed.`,
    next: "Raise mostDollarsPerHour, take it out, or ask for fewer or cheaper hosts: edgecert catalog lists them.",
  };
}

/** Outputs of a stack that are not those of our program. */
export function unreadableOutputs(stack: string, problem: string): Failure {
  return {
    reason: "unreadable-outputs",
    class: "fatal",
    title: `The outputs of ${stack} are not those of a cluster`,
    detail: problem,
    next: "This is a defect of edgecert: report it with the detail above.",
  };
}

/** What nobody expected while a cluster came or went. */
export function clusterError(provider: string, error: unknown): Failure {
  return {
    reason: "cluster-error",
    class: "fatal",
    title: `The cluster at ${provider} could not be worked on`,
    detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    next: "Look at the detail: it may be a full disk or missing rights. Else it is a defect of edgecert: report it.",
  };
}

/** Resources that carry our tags and could not be given back. */
export function notGivenBack(left: readonly Unreleased[]): Failure {
  return {
    reason: "not-given-back",
    class: "transient",
    title: `${left.length} resources could not be given back`,
    detail: left.map(({ resource, why }) => `${resource.kind} ${resource.id}: ${why}`).join("; "),
    next: "Try again with edgecert list --machines --release, or delete them in the provider's console.",
  };
}
