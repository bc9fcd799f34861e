import { expectTypeOf } from "vitest";
import { define, type Json, type NotJson, type Secret } from "../../pipelines/dsl/index.ts";
import type { OutputOf } from "../../pipelines/dsl/output.ts";

const { once } = define("outputs");

/** An interface, as libraries have them: it has no index signature, and yet its values are JSON. */
interface Server {
  readonly id: string;
  readonly facts: { readonly memory: number | null; readonly note?: string };
  readonly addresses: readonly string[];
}

declare const secret: Secret;
declare const server: Server;
declare const anything: unknown;
declare const json: Json;

// Plain JSON passes, with its own type.
const plain = once("plain", { run: async () => ({ text: "a", list: [1, null, { deep: true }], absent: undefined }) });
const scalar = once("scalar", { run: async () => 42 as const });
const fromInterface = once("from-interface", { run: async () => ({ servers: [server] }) });
const any = once("json", { run: async () => json });
const nothing = once("nothing", { run: async () => {} });
const optional = once("optional", { run: async (): Promise<{ readonly a?: string }> => ({}) });
once("user", {
  needs: { plain, scalar, fromInterface, any, nothing, optional },
  run: async (input) => {
    expectTypeOf(input.plain.text).toEqualTypeOf<string>();
    expectTypeOf(input.scalar).toEqualTypeOf<42>();
    expectTypeOf(input.fromInterface.servers).toEqualTypeOf<Server[]>();
    expectTypeOf(input.any).toEqualTypeOf<Json>();
    expectTypeOf(input.optional.a).toEqualTypeOf<string | undefined>();
  },
});

once("a-function", {
  // @ts-expect-error a function cannot be stored
  run: async () => ({ close: () => {} }),
});
once("a-date", {
  // @ts-expect-error a Date is not JSON
  run: async () => ({ at: new Date() }),
});
once("a-deep-date", {
  // @ts-expect-error a Date is not JSON, however deep
  run: async () => ({ runs: [{ at: new Date() }] }),
});
once("a-bare-date", {
  // @ts-expect-error a Date is not JSON
  run: async () => new Date(),
});
once("a-secret", {
  // @ts-expect-error a secret never leaves its stage
  run: async () => ({ token: secret }),
});
once("a-bare-secret", {
  // @ts-expect-error a secret never leaves its stage
  run: async () => secret,
});
once("a-map", {
  // @ts-expect-error a Map is not JSON
  run: async () => ({ byName: new Map([["a", 1]]) }),
});
once("bytes", {
  // @ts-expect-error bytes have methods: write a file and name it
  run: async () => ({ bytes: new Uint8Array(4) }),
});
once("a-bigint", {
  // @ts-expect-error a bigint is not JSON
  run: async () => ({ size: 1n }),
});
once("unknown", {
  // @ts-expect-error unknown may be anything
  run: async () => ({ body: anything }),
});
once("one-of-two", {
  // @ts-expect-error one branch gives a Date
  run: async ({ sources }) => (Object.keys(sources).length > 0 ? { at: "now" } : { at: new Date() }),
});
once("not-awaited", {
  // @ts-expect-error a promise inside an output was forgotten
  run: async () => ({ later: Promise.resolve(1) }),
});

// What the compiler prints is a sentence, at the place that is wrong.
expectTypeOf<OutputOf<{ readonly a: 1; readonly at: readonly Date[] }>>().toEqualTypeOf<{
  readonly a: 1;
  readonly at: readonly NotJson<"A Date is not JSON: use its toISOString().">[];
}>();
expectTypeOf<OutputOf<Secret>>().toEqualTypeOf<
  NotJson<"A secret never leaves its stage: read it again with ctx.secret where it is needed.">
>();
