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
