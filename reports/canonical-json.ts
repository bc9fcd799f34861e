import { createHash } from "node:crypto";
import type { Json } from "../pipelines/dsl/json.ts";

/** JSON without spaces and with sorted keys (RFC 8785 for the values used here): equal values give equal bytes. */
export function canonicalJson(value: Json): string {
  return written(value, "the value");
}

/**
 * The same text in pieces of some 64 Ki characters, so that a large document is never a second time in memory. Absent
 * properties are left out. Throws a TypeError that names a number which is not JSON: NaN would become null, and two
 * different documents would share one digest.
 */
export function* canonicalPieces(document: object): Generator<string> {
  let piece = "";
  for (const part of partsOf(document, "the value", inPieces)) {
    piece += part;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

const pieceCharacters = 65_536;

/** How deep a document is taken apart: document, list of suites, suite, list of tests. What lies below is small. */
const inPieces = 4;

function* partsOf(value: unknown, name: string, levels: number): Generator<string> {
  if (levels === 0 || typeof value !== "object" || value === null) {
    yield written(value, name);
    return;
  }
  const list = Array.isArray(value);
  yield list ? "[" : "{";
  let between = "";
  for (const [key, entry] of list ? value.entries() : sortedEntries(value)) {
    yield list ? between : `${between}${JSON.stringify(key)}:`;
    yield* partsOf(entry, list ? name : String(key), levels - 1);
    between = ",";
  }
  yield list ? "]" : "}";
}

function written(value: unknown, name: string): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new TypeError(`${name} is ${value}, which is not JSON`);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map((entry: unknown) => written(entry, name)).join(",")}]`;
  const entries = sortedEntries(value).map(([key, entry]) => `${JSON.stringify(key)}:${written(entry, key)}`);
  return `{${entries.join(",")}}`;
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

/** sha256 in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
