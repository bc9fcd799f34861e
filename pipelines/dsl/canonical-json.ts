import { createHash } from "node:crypto";

/**
 * The one text of a JSON value: keys sorted by code unit, no white space, absent properties left out. Throws a
 * TypeError that names the place of the first value that is not plain JSON, such as a Date, a secret or NaN.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "the value");
}

/** sha256 in hex over the canonical JSON of a value. */
export function jsonDigest(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function write(value: unknown, at: string): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  // Because JSON.stringify would turn NaN and infinities into null, and two documents would share one digest.
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item, index) => write(item, `${at}[${index}]`)).join(",")}]`;
  if (typeof value === "object" && isPlain(value)) return `{${fields(value, at).join(",")}}`;
  throw new TypeError(`${at} is ${kindOf(value)}, which is not plain JSON`);
}

function fields(value: object, at: string): string[] {
  const present = Object.entries(value).filter(([, field]) => field !== undefined);
  present.sort(([left], [right]) => (left < right ? -1 : 1));
  return present.map(([key, field]) => `${JSON.stringify(key)}:${write(field, `${at}.${key}`)}`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Because a value of another realm (a test runner's, a worker's) has an Object.prototype of its own.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function kindOf(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "object" && value !== null) return `an instance of ${value.constructor.name}`;
  return `a ${typeof value}`;
}
