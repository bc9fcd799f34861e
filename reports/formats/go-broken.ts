import { type ReadTest, textLimits } from "../results.ts";
import { fitting } from "./lines.ts";
import type { ResultFile } from "./result-file.ts";

/** Lines of an explanation that are its message; the whole is its details where it has more. */
const messageLines = 20;

/**
 * A package that failed without a test that did, as a broken test: its build, its `TestMain`, or what happened after its
 * tests. `text` is what was said about it.
 */
export function brokenPackage(
  of: string,
  { name, text, file }: { readonly name: string; readonly text: string; readonly file: ResultFile },
): ReadTest {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("# "));
  const message = lines.slice(0, messageLines).join("\n") || "It failed and says nothing more.";
  return {
    class: fitting(of, textLimits.name, file),
    name,
    params: null,
    status: "error",
    durationMs: null,
    message: fitting(message, textLimits.message, file),
    details: lines.length > messageLines ? fitting(text, textLimits.details, file) : "",
    stdout: "",
    location: null,
  };
}
