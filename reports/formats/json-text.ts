/** The fields of a JSON object from outside, each still unknown. */
export type Fields = ReadonlyMap<string, unknown>;

/** The fields of a value, or null where it is not a JSON object. */
export function fieldsOf(value: unknown): Fields | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}

/** A field as text; empty where it is missing or of another type. */
export function textIn(fields: Fields | null, name: string): string {
  const value = fields?.get(name);
  return typeof value === "string" ? value : "";
}

/** A field as a finite number; null where it is missing or of another type. */
export function numberIn(fields: Fields | null, name: string): number | null {
  const value = fields?.get(name);
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A field as a whole number of at least 0; null where it is missing or anything else. */
export function countIn(fields: Fields | null, name: string): number | null {
  const value = numberIn(fields, name);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** Seconds as whole milliseconds; null where it is not a duration. */
export function millisecondsIn(fields: Fields | null, name: string): number | null {
  const seconds = numberIn(fields, name);
  return seconds !== null && seconds >= 0 ? Math.round(seconds * 1000) : null;
}

/** A field that lists pairs of texts; whatever else is in the list is left out. */
export function pairsIn(fields: Fields | null, name: string): readonly (readonly [string, string])[] {
  const value = fields?.get(name);
  if (!Array.isArray(value)) return [];
  return value.flatMap((pair: unknown) => {
    const [key, text] = Array.isArray(pair) ? pair.map((part: unknown) => part) : [];
    return typeof key === "string" && typeof text === "string" ? [[key, text] as const] : [];
  });
}

/** The value of a JSON text, or one sentence on why it has none. */
export function parsed(text: string): { readonly value: unknown } | { readonly complaint: string } {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch (error) {
    const complaint = error instanceof Error ? error.message : String(error);
    const cut = /unexpected end|unterminated/i.test(complaint);
    return {
      complaint: cut ? `It ends in the middle, after ${text.length} characters.` : `It is not JSON: ${complaint}.`,
    };
  }
}
