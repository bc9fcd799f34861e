import type { Json } from "./json.ts";
import type { Secret } from "./secret.ts";

declare const sentence: unique symbol;

/** Stands where a value cannot cross a stage boundary: the compiler prints the sentence. */
export interface NotJson<Why extends string> {
  readonly [sentence]: Why;
}

/** `Out` itself where it is plain JSON or nothing; otherwise the same shape with a {@link NotJson} at each wrong place. */
// biome-ignore lint/suspicious/noConfusingVoidType: a run without a return statement gives Promise<void>.
export type OutputOf<Out> = [Out] extends [void] ? Out : JsonOf<Out>;

type JsonOf<T> = T extends Json
  ? T
  : T extends Secret
    ? NotJson<"A secret never leaves its stage: read it again with ctx.secret where it is needed.">
    : T extends Date
      ? NotJson<"A Date is not JSON: use its toISOString().">
      : T extends (...args: never) => unknown
        ? NotJson<"A function cannot be stored: an output is plain JSON.">
        : T extends Map<unknown, unknown> | Set<unknown>
          ? NotJson<"A Map or Set is not JSON: use an object or an array.">
          : T extends undefined | bigint | symbol
            ? NotJson<"Only strings, numbers, booleans, null, arrays and objects are JSON.">
            : T extends readonly unknown[]
              ? { [Index in keyof T]: JsonOf<T[Index]> }
              : T extends object
                ? {
                    [Key in keyof T]: Key extends string | number
                      ? FieldOf<T[Key]>
                      : NotJson<"A symbol is no key of JSON.">;
                  }
                : NotJson<"The type unknown may be anything: an output is plain JSON.">;

// Because an absent field is left out of JSON, while an absent output or array item is not.
type FieldOf<T> = T extends undefined ? T : JsonOf<T>;
