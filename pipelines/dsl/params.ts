import { canonicalJson } from "./canonical-json.ts";
import type { Json } from "./json.ts";
import type { Problem } from "./plan-error.ts";
import type { SchemaIssue, StandardSchema } from "./standard-schema.ts";
import { closest, didYouMean } from "./suggestion.ts";

/** Parameters as the schema decoded them, or what is wrong with them. */
export type ParamsReading =
  | { readonly params: Json; readonly problems: readonly [] }
  | { readonly params: null; readonly problems: readonly Problem[] };

/**
 * Decodes parameters. Absent ones count as `{}`. What a schema silently drops is a mistake too: a mistyped parameter
 * must not look as if it had worked.
 */
export async function readParams(schema: StandardSchema | null, given: unknown): Promise<ParamsReading> {
  const raw = given ?? {};
  if (schema === null)
    return refuse(
      keysOf(raw).map((key) => unknownParam(key, [])),
      {},
    );
  const result = await schema["~standard"].validate(raw);
  if (result.issues !== undefined)
    return refuse(
      result.issues.map((issue) => badParam(issue, raw)),
      null,
    );
  const dropped = await droppedKeys(schema, raw, result.value);
  const known = keysOf(result.value);
  const why = whyNotJson(result.value);
  return refuse(
    [...dropped.map((key) => unknownParam(key, known)), ...(why === undefined ? [] : [notJson(why)])],
    result.value,
  );
}

function refuse(problems: readonly Problem[], params: unknown): ParamsReading {
  if (problems.length > 0) return { params: null, problems };
  // The cast is sound because whyNotJson found nothing; the copy leaves absent fields out.
  return { params: JSON.parse(JSON.stringify(params)) as Json, problems: [] };
}

/** Keys that are neither in the decoded value nor change it. */
async function droppedKeys(schema: StandardSchema, raw: unknown, decoded: unknown): Promise<string[]> {
  const kept = new Set(keysOf(decoded));
  const dropped: string[] = [];
  for (const key of keysOf(raw).filter((candidate) => !kept.has(candidate))) {
    const { [key]: _, ...rest } = Object.fromEntries(Object.entries(Object(raw)));
    const without = await schema["~standard"].validate(rest);
    if (without.issues === undefined && sameJson(without.value, decoded)) dropped.push(key);
  }
  return dropped;
}

function sameJson(left: unknown, right: unknown): boolean {
  return (
    whyNotJson(left) === undefined && whyNotJson(right) === undefined && canonicalJson(left) === canonicalJson(right)
  );
}

function whyNotJson(value: unknown): string | undefined {
  try {
    canonicalJson(value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function keysOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function badParam(issue: SchemaIssue, raw: unknown): Problem {
  const path = (issue.path ?? []).map((step) => (typeof step === "object" ? step.key : step));
  const name = path.map(String).join(".") || "the parameters";
  let value: unknown = raw;
  for (const key of path) value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  const shown = value === undefined ? "It is missing" : `${shortJson(value)} was given`;
  const mistyped = value === undefined ? closest(name, keysOf(raw)) : undefined;
  return {
    title: `Bad parameter ${name}`,
    detail: `${shown}: ${issue.message.replace(/\.$/, "")}.`,
    next:
      mistyped === undefined
        ? `Give another value: --param ${path.length === 1 ? name : "name"}=<value>.`
        : `${JSON.stringify(mistyped)} was given: did you mean ${JSON.stringify(name)}?`,
  };
}

function unknownParam(key: string, known: readonly string[]): Problem {
  return {
    title: `Unknown parameter ${key}`,
    detail: `The definition has no parameter ${JSON.stringify(key)}.`,
    next: known.length === 0 ? "It takes none of its own: leave it out." : didYouMean(key, known),
  };
}

function notJson(why: string): Problem {
  return {
    title: "Parameters that cannot be stored",
    detail: `${why.replace("the value", "params")}.`,
    next: "Let the schema decode to plain JSON, for instance a date to its ISO text.",
  };
}

function shortJson(value: unknown): string {
  const text = whyNotJson(value) === undefined ? canonicalJson(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
