/** One event of `go test -json` or of its builds; a field that is absent or of another type is empty. */
export interface GoEvent {
  readonly action: string;
  /** Empty where a compiled test was run through `test2json` without `-p`. */
  readonly package: string;
  /** Empty for an event of the package itself. */
  readonly test: string;
  readonly output: string;
  /** Milliseconds, or null. */
  readonly elapsedMs: number | null;
  /** Of an `attr`. */
  readonly key: string;
  readonly value: string;
  /** Of `build-output` and `build-fail`. */
  readonly importPath: string;
  /** The import path whose build failed, at the end of a package. */
  readonly failedBuild: string;
}

/** What a line of the stream is: an event, with what other processes wrote before it; a torn event; or text of others. */
export type GoLine =
  | { readonly kind: "event"; readonly event: GoEvent; readonly before: string }
  | { readonly kind: "torn" }
  | { readonly kind: "text" };

/**
 * Tells what a line is. Standard error of the go command often goes to the same file: its text may stand before an event
 * in one line, and JSON of its own is no event. Whatever begins as an event and is none is torn.
 */
export function goLine(text: string): GoLine {
  if (text.startsWith("{")) {
    const event = eventOf(text);
    if (event !== null) return { kind: "event", event, before: "" };
    return /^\{\s*"(Time|Action|ImportPath|Package|Test)"/.test(text) ? { kind: "torn" } : { kind: "text" };
  }
  const start = text.search(/\{"(Time|Action|ImportPath)":"/);
  if (start === -1) return { kind: "text" };
  const event = eventOf(text.slice(start));
  return event === null ? { kind: "torn" } : { kind: "event", event, before: text.slice(0, start) };
}

function eventOf(text: string): GoEvent | null {
  const fields = objectOf(text);
  if (fields === null || typeof fields.Action !== "string") return null;
  const word = (name: string) => {
    const value = fields[name];
    return typeof value === "string" ? value : "";
  };
  const elapsed = fields.Elapsed;
  return {
    action: word("Action"),
    package: word("Package"),
    test: word("Test"),
    output: word("Output"),
    elapsedMs: typeof elapsed === "number" && elapsed >= 0 && elapsed < 1e9 ? Math.round(elapsed * 1000) : null,
    key: word("Key"),
    value: word("Value"),
    importPath: word("ImportPath"),
    failedBuild: word("FailedBuild"),
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    // Because a Map of the fields of each of a million events would take as long as parsing them: an object's own
    // fields are all that is read, and each is looked at before it is believed.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}
