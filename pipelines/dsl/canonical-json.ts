import { createHash } from "node:crypto";
import type { Json } from "./json.ts";

/** The one text of a JSON value: keys sorted by code unit, no white space, absent properties left out. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== "object") return scalar(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const fields = Object.entries(value).flatMap(([key, field]) => (field === undefined ? [] : [[key, field] as const]));
  fields.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
}

/** sha256 in hex over the canonical JSON of a value. */
export function jsonDigest(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function scalar(value: string | number | boolean | null): string {
  // Because JSON.stringify would turn NaN and infinities into null, and two documents would share one digest.
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} is not JSON`);
  return JSON.stringify(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
