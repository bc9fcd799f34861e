import * as z from "zod";

const call = {
  /** Default: create. */
  on: z.enum(["create", "read", "update", "delete", "lookup"]).default("create"),
  /** Last part of the resource's type, such as `Instance` or `Device`, or of a lookup's, such as `getAmi`. */
  type: z.string(),
  /** Name that the program gave the resource; default: any. */
  name: z.exactOptional(z.string()),
};

const rule = z.strictObject({
  ...call,
  /** Let so many such calls pass first. */
  after: z.int().min(0).default(0),
  /** For how many calls the rule then holds. */
  times: z.union([z.int().min(1), z.literal("always")]).default(1),
  /**
   * `refuse`: the provider answers with its error `code`, nothing happened. `lose-reply`: it happened, and the answer got
   * lost. `half`: it happened, and the error `code` came with the id. `hold`: the call waits until the script changes to
   * one without the rule.
   */
  does: z.enum(["refuse", "lose-reply", "half", "hold"]),
  /** The provider's own word, such as `InsufficientInstanceCapacity`; `lose-reply` and `hold` need none. */
  code: z.string().default("InternalError"),
});

const limit = z.strictObject({
  type: z.string(),
  /** How many may exist at once; the next create is refused. */
  most: z.int().min(0),
  /** The provider's own word: capacity or quota. */
  code: z.string(),
});

const script = z.strictObject({
  /** What goes wrong, the first that fits. */
  rules: z.array(rule).default([]),
  /** Capacity and quotas. */
  limits: z.array(limit).default([]),
  /** Milliseconds that each create and delete of a type takes, such as `{ "Instance": 20000 }`. */
  delays: z.record(z.string(), z.int().min(0)).default({}),
});

/** What happens in the world of a fake provider, as JSON says it; without anything all goes well and at once. */
export type Script = z.infer<typeof script>;
/** One thing that goes wrong. */
export type Rule = Script["rules"][number];

/** Reads a script; throws with every mistake and where it is. */
export function parseScript(value: unknown): Script {
  const read = script.safeParse(value);
  if (read.success) return read.data;
  throw new Error(`this script of a world is wrong:\n${z.prettifyError(read.error)}`);
}
