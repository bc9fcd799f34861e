/** What one line of TAP 13 or 14 is, without its indentation. */
export type TapLine =
  | { readonly kind: "version"; readonly version: number }
  | { readonly kind: "plan"; readonly count: number; readonly skip: string | null }
  | ({ readonly kind: "point" } & TapPointLine)
  | { readonly kind: "bail-out"; readonly reason: string }
  | { readonly kind: "yaml-begin" }
  | { readonly kind: "close" }
  | { readonly kind: "pragma" }
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "noise" };

/** A test point as its line tells it. */
export interface TapPointLine {
  readonly ok: boolean;
  /** Null where the line has none. */
  readonly number: number | null;
  readonly description: string;
  readonly directive: "todo" | "skip" | null;
  readonly reason: string;
  readonly durationMs: number | null;
  /** Whether sub-tests follow in braces, as TAP 13 of node-tap has it. */
  readonly opens: boolean;
}

const point = /^(not )?ok(?: +(\d{1,9})(?=\s|$))?(?:\s+(?:- *)?(.*))?$/s;

/** Tells what a line is by the grammar of testanything.org/tap-version-14-specification.html; anything else is noise. */
export function tapLine(text: string): TapLine {
  switch (text[0]) {
    case "o":
    case "n":
      return pointLine(text) ?? { kind: "noise" };
    case "1":
      return planLine(text) ?? { kind: "noise" };
    case "#":
      return { kind: "comment", text: text.slice(1).trim() };
    case "B":
    case "b":
      return /^bail out!/i.test(text) ? { kind: "bail-out", reason: text.slice(9).trim() } : { kind: "noise" };
    case "T": {
      const version = /^TAP version (\d{1,9})\s*$/.exec(text)?.[1];
      return version === undefined ? { kind: "noise" } : { kind: "version", version: Number(version) };
    }
    case "-":
      return /^---\s*$/.test(text) ? { kind: "yaml-begin" } : { kind: "noise" };
    case "}":
      return text.trim() === "}" ? { kind: "close" } : { kind: "noise" };
    default:
      return /^pragma [+-]/.test(text) ? { kind: "pragma" } : { kind: "noise" };
  }
}

function planLine(text: string): TapLine | null {
  const found = /^1\.\.(\d{1,9})\s*(?:#\s*(.*))?$/s.exec(text);
  if (found === null) return null;
  const [, count = "", comment = ""] = found;
  const skip = /^skip\S*\s*(.*)$/is.exec(comment)?.[1] ?? comment;
  return { kind: "plan", count: Number(count), skip: Number(count) === 0 ? skip.trim() : null };
}

function pointLine(text: string): TapLine | null {
  const found = point.exec(text);
  if (found === null) return null;
  const [, not, number, rest = ""] = found;
  const opens = / \{\s*$/.test(rest) || rest === "{";
  const { body, directive, reason, durationMs } = directiveOf(opens ? rest.replace(/\{\s*$/, "") : rest);
  return {
    kind: "point",
    ok: not === undefined,
    number: number === undefined ? null : Number(number),
    description: body.replace(/\\([\\#])/g, "$1").trim(),
    directive,
    reason,
    durationMs,
    opens,
  };
}

/** The first `#` that stands after a space and is not escaped may begin a directive, or the time of node-tap. */
function directiveOf(
  rest: string,
): Pick<TapPointLine, "directive" | "reason" | "durationMs"> & { readonly body: string } {
  const none = { body: rest, directive: null, reason: "", durationMs: null };
  for (let at = rest.indexOf("#"); at !== -1; at = rest.indexOf("#", at + 1)) {
    if (at > 0 && !/\s/.test(rest[at - 1] ?? "")) continue;
    const comment = rest.slice(at + 1, at + 8_192);
    const body = rest.slice(0, at);
    const found = /^\s*(todo|skip\S*)(?=[\s:]|$):?\s*(.*)$/is.exec(comment);
    const word = found?.[1]?.toLowerCase();
    if (word !== undefined) {
      return {
        body,
        directive: word === "todo" ? "todo" : "skip",
        reason: (found?.[2] ?? "").trim(),
        durationMs: null,
      };
    }
    const time = /^\s*time=(\d+(?:\.\d+)?)(ms|s)\s*$/.exec(comment);
    if (time !== null)
      return { ...none, body, durationMs: Math.round(Number(time[1]) * (time[2] === "s" ? 1_000 : 1)) };
  }
  return none;
}
