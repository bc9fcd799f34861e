import { createHash } from "node:crypto";
import type { Json } from "../pipelines/dsl/json.ts";

/** JSON without spaces and with sorted keys (RFC 8785 for the values used here): equal values give equal bytes. */
export function canonicalJson(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  const written = entries.flatMap(([key, entry]) =>
    entry === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(entry)}`],
  );
  return `{${written.join(",")}}`;
}

/** sha256 in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
