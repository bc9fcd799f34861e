import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { failureOf } from "../dsl/failure.ts";
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
  const loaded = await imported(file);
  if (!isPipeline(loaded.default)) {
    throw new UsageError(
      "Not a definition",
      `${file} has no default export that is a pipeline`,
      "end the file with: export default pipeline([...])",
    );
  }
  return { file, pipeline: loaded.default };
}

/** What a definition file exports; a UsageError where it cannot be imported, whatever it threw. */
async function imported(file: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (failureOf(error).class === "configuration") throw error;
    const detail = `${file}:\n${ownLines(error)}`;
    throw new UsageError(
      "The definition cannot be loaded",
      detail,
      "mend the file, then try: edgecert plan <definition>",
    );
  }
}

/** The text of an error without the frames of Node itself, which say nothing about the definition. */
function ownLines(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lines = (error.stack ?? error.message).split("\n");
  return lines.filter((line) => !(/^\s+at /.test(line) && line.includes("node:"))).join("\n");
}

function isPipeline(value: unknown): value is Pipeline {
  if (typeof value !== "object" || value === null) return false;
  return "plan" in value && typeof value.plan === "function" && "body" in value && typeof value.body === "function";
}
