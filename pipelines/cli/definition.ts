import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Pipeline } from "../dsl/pipeline.ts";
import { UsageError } from "./exit.ts";

/** A pipeline with the absolute path of the file that exports it. */
export interface Definition {
  readonly file: string;
  readonly pipeline: Pipeline;
}

/** Imports a definition file and returns the pipeline that it exports as default. */
export async function loadDefinition(path: string): Promise<Definition> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new UsageError(
      "No such definition",
      `${file} does not exist`,
      "give the path of a .ts file that exports a pipeline",
    );
  }
  const loaded: { readonly default?: unknown } = await import(pathToFileURL(file).href);
  if (!isPipeline(loaded.default)) {
    throw new UsageError(
      "Not a definition",
      `${file} has no default export that is a pipeline`,
      "end the file with: export default pipeline([...])",
    );
  }
  return { file, pipeline: loaded.default };
}

function isPipeline(value: unknown): value is Pipeline {
  if (typeof value !== "object" || value === null) return false;
  return "plan" in value && typeof value.plan === "function" && "body" in value && typeof value.body === "function";
}
