import { readFileSync } from "node:fs";
import { UsageError } from "./exit.ts";

/**
 * The parameters of a run: those of the JSON file, if any, then each `name=value`, whose value is taken as text.
 */
export function readParameters(words: readonly string[], file?: string): Record<string, unknown> {
  const fromFile = file === undefined ? {} : readObject(file);
  const fromWords = words.map((word): [string, string] => {
    const equals = word.indexOf("=");
    if (equals > 0) return [word.slice(0, equals), word.slice(equals + 1)];
    throw new UsageError("Not a parameter", JSON.stringify(word), "write --param name=value");
  });
  return { ...fromFile, ...Object.fromEntries(fromWords) };
}

function readObject(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(
      "The file of parameters cannot be read",
      `${file}: ${detail}`,
      "give a file with one JSON object",
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value));
  throw new UsageError("The file of parameters holds no object", file, 'write an object such as {"ref": "main"}');
}
