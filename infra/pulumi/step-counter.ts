import type { EngineEvent, StepEventMetadata } from "@pulumi/pulumi/automation/index.js";
import type { ClusterStep } from "../providers/cluster.ts";

const operations: Readonly<Record<string, ClusterStep["operation"]>> = {
  create: "create",
  import: "create",
  update: "update",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "delete",
  delete: "delete",
  discard: "delete",
  read: "read",
  refresh: "read",
};

/**
 * Turns the engine's events into steps of a cluster. Counts only what exists at a provider: components, settings of
 * providers and the stack itself are names of Pulumi's own; what stays as it is, is no step.
 */
export function stepCounter(): (event: EngineEvent) => ClusterStep | undefined {
  const known = new Set<string>();
  const ended = new Set<string>();
  return ({ resourcePreEvent, resOutputsEvent, resOpFailedEvent }) => {
    const metadata = (resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent)?.metadata;
    const operation = metadata === undefined ? undefined : operations[metadata.op];
    if (metadata === undefined || operation === undefined || !isReal(metadata)) return undefined;
    const key = `${metadata.op} ${metadata.urn}`;
    known.add(key);
    if (resourcePreEvent === undefined) ended.add(key);
    return {
      type: metadata.type,
      name: metadata.urn.slice(metadata.urn.lastIndexOf("::") + 2),
      operation,
      state: resourcePreEvent !== undefined ? "started" : resOutputsEvent !== undefined ? "done" : "failed",
      done: ended.size,
      known: known.size,
    };
  };
}

function isReal({ type, old, new: made }: StepEventMetadata): boolean {
  return !type.startsWith("pulumi:") && (made ?? old)?.custom === true;
}
