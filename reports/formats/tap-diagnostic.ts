import type { SourceLocation } from "../results.ts";

/** What the YAML block of a test point says, as far as its keys are simple. */
export interface TapDiagnostic {
  readonly message: string;
  readonly durationMs: number | null;
  readonly location: SourceLocation | null;
}

/**
 * Reads the keys that producers agree on: `message` or `error`, `duration_ms`, and where it happened (`location`, or `at`
 * with `file` and `line`). No YAML is parsed beyond keys with one value or a block of text: the raw block is shown as it is.
 */
export function tapDiagnostic(block: string): TapDiagnostic {
  const values = valuesOf(block);
  const said = (name: string) => values.get(name) ?? "";
  const duration = said("duration_ms");
  const place = /^(.+?):(\d+)(?::\d+)?$/.exec(said("location") || said("at"));
  const file = place?.[1] ?? said("file");
  const line = place?.[2] ?? said("line");
  return {
    message: said("message") || said("error"),
    durationMs: /^\d+(\.\d+)?$/.test(duration) ? Math.round(Number(duration)) : null,
    location: file === "" ? null : { file, line: /^\d{1,9}$/.test(line) ? Number(line) : null },
  };
}

/** Keys of the block, and those one level below `at`; the first of equal ones counts. */
function valuesOf(block: string): ReadonlyMap<string, string> {
  const lines = block.split("\n");
  const indent = Math.min(...lines.filter((line) => line.trim() !== "").map(indentOf));
  const values = new Map<string, string>();
  for (const [index, line] of lines.entries()) {
    const found = /^ *(message|error|duration_ms|location|at|file|line):(?: +(.*))?$/.exec(line);
    const deep = indentOf(line) - indent;
    if (found === null || deep > 4 || (deep > 0 && !/^(file|line)$/.test(found[1] ?? ""))) continue;
    const [, name = "", value = ""] = found;
    if (!values.has(name))
      values.set(name, /^[|>][-+]?$/.test(value) ? textBelow(lines, index) : unquoted(value.trim()));
  }
  return values;
}

function textBelow(lines: readonly string[], index: number): string {
  const indent = indentOf(lines[index] ?? "");
  const rest = lines.slice(index + 1);
  const end = rest.findIndex((line) => line.trim() !== "" && indentOf(line) <= indent);
  const own = end === -1 ? rest : rest.slice(0, end);
  const margin = Math.min(...own.filter((line) => line.trim() !== "").map(indentOf));
  return own
    .map((line) => line.slice(margin))
    .join("\n")
    .trim();
}

function unquoted(value: string): string {
  if (/^'.*'$/.test(value)) return value.slice(1, -1).replaceAll("''", "'");
  return /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(["\\])/g, "$1") : value;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
