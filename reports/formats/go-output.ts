import type { SourceLocation } from "../results.ts";

/** What the output of a failed Go test says about the failure. */
export interface GoExplanation {
  readonly panicked: boolean;
  readonly message: string;
  /** The panic with its goroutines; empty where there was none. */
  readonly details: string;
  /** The rest of the output. */
  readonly stdout: string;
  readonly location: SourceLocation | null;
}

const entry = /^( {4,})([^\s:][^:\n]*\.go):(\d+): ?(.*)$/;
const panicLine = /^(?:panic: |fatal error: |unexpected fault address |SIG[A-Z]+: |signal: )/;

/**
 * Takes the output of a test apart: a panic (or whatever ended the process) with all that follows it is the explanation;
 * otherwise what the test logged (`file_test.go:12: text`, which `t.Error` and `t.Log` write alike) is its message.
 */
export function explanationOf(output: string): GoExplanation {
  const lines = output.split("\n");
  const panic = lines.findIndex((line) => panicLine.test(line));
  const dead = panic !== -1 && (/^signal: /.test(lines[panic] ?? "") || /^goroutine \d+/m.test(output));
  if (!dead) {
    const entries = entriesOf(lines);
    const plain = lines.slice(0, 40).join("\n").trim();
    const message = entries.map(({ text }) => text).join("\n") || plain;
    return { panicked: false, message, details: "", stdout: output, location: entries[0]?.location ?? null };
  }
  const details = lines.slice(panic).join("\n").trim();
  const message = (lines[panic] ?? "").replace(/ \[recovered(, repanicked)?\]$/, "");
  const frame = /^\t\S*?([^/\s]+_test\.go):(\d+)/m.exec(details);
  const location = frame === null ? null : { file: frame[1] ?? "", line: Number(frame[2]) };
  return { panicked: true, message, details, stdout: lines.slice(0, panic).join("\n"), location };
}

interface Entry {
  readonly text: string;
  readonly location: SourceLocation;
}

/** Log entries with the lines that continue them, which are indented deeper. */
function entriesOf(lines: readonly string[]): readonly Entry[] {
  const entries: { text: string; readonly location: SourceLocation; readonly indent: number }[] = [];
  let open = false;
  for (const line of lines) {
    const found = entry.exec(line);
    const last = entries.at(-1);
    if (found !== null) {
      const [, indent = "", file = "", number = "", text = ""] = found;
      entries.push({ text, location: { file, line: Number(number) }, indent: indent.length });
      open = true;
    } else if (open && last !== undefined && line.startsWith(" ".repeat(last.indent + 4))) {
      last.text += `\n${line.slice(last.indent + 4)}`;
    } else open = false;
  }
  return entries;
}

const frame = /^\s*(?:=== (?:RUN|PAUSE|CONT|NAME|ATTR) {1,3}|--- (?:PASS|FAIL|SKIP|BENCH): )/;

/** Whether a line is what `go test` itself says about a test of this name, which is told otherwise. */
export function isFrame(output: string, test: string): boolean {
  if (!output.includes("=== ") && !output.includes("--- ")) return false;
  const found = frame.exec(output);
  return found !== null && output.startsWith(test, found[0].length);
}
