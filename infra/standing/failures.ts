import type { Owner } from "../../pipelines/dsl/context.ts";
import type { Failure } from "../../pipelines/dsl/failure.ts";

/** A token that is older than the one by which the node uses a standing cluster. */
export function olderUser(owner: Owner, held: number): Failure {
  return {
    reason: "older-token",
    class: "fatal",
    title: `The machines of ${owner.node} belong to a later attempt`,
    detail: `Run ${owner.run}: token ${owner.token} was shown, ${held} uses the standing cluster.`,
    next: "Nothing is to be done here: another worker has taken this node over.",
  };
}

/** A cluster that is still made, or goes already, and cannot be kept. */
export function notStanding(id: string, state: string): Failure {
  return {
    reason: "not-standing",
    class: "configuration",
    title: "The cluster does not stand",
    detail: `${id} is ${state}.`,
    next: "`edgecert clusters` shows what stands; `edgecert clusters up` makes another.",
  };
}
