import type { Pipeline, StageBody } from "../dsl/pipeline.ts";
import { releaseServers } from "../stages/teardown.ts";
import { loadDefinition } from "./definition.ts";

/**
 * The pipeline that a cancelled run gives everything back with: the definition as it is now where it still knows the
 * stage, else what the provider lists for the node. Never refuses: a definition that cannot be loaded knows no stage.
 */
export async function givingBack(definition: string): Promise<Pipeline> {
  const loaded = await loadDefinition(definition).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    console.log(`  ${why}\n  So all that its provider lists for this run is given back.`);
    return null;
  });
  return {
    name: loaded?.pipeline.name ?? "",
    secrets: loaded?.pipeline.secrets ?? {},
    body: (stage) => undoOf(loaded?.pipeline ?? null, stage) ?? { run: noWork, undo: (_, ctx) => releaseServers(ctx) },
    plan: noWork,
  };
}

function undoOf(pipeline: Pipeline | null, stage: string): StageBody | null {
  try {
    const body = pipeline?.body(stage);
    return body?.undo === undefined ? null : body;
  } catch {
    return null;
  }
}

async function noWork(): Promise<never> {
  throw new Error("a cancelled run starts no work");
}
