import { expectTypeOf } from "vitest";
import { z } from "zod";
import { cells, define, type Pipeline, type Plan, plan, type StandardSchema } from "../../pipelines/dsl/index.ts";

const { stage, once, pipeline } = define("definition", {
  params: z.object({ ref: z.string().default("main"), demonstrate: z.enum(["failure"]).optional() }),
  matrix: cells({ os: ["debian-12"] }),
  secrets: { token: { env: "TOKEN" }, key: { file: "key.pem" }, pin: { command: ["pass", "pin"] } },
  sources: {
    product: { url: "./product", ref: ({ params }) => params.ref },
    suites: { url: ({ params }) => `https://example.org/${params.ref}` },
  },
  policies: { timeout: "30m", retry: { transient: 2, capacity: 1 } },
});

// Parameters arrive decoded and typed, in a body and in the functions of the plan.
const first = once("first", {
  suites: ({ params }) => {
    expectTypeOf(params.ref).toEqualTypeOf<string>();
    return [{ name: "unit", format: "unittest" }];
  },
  run: async ({ params, sources }) => {
    expectTypeOf(params.ref).toEqualTypeOf<string>();
    expectTypeOf(params.demonstrate).toEqualTypeOf<"failure" | undefined>();
    expectTypeOf(sources.product.ref).toEqualTypeOf<string>();
    // @ts-expect-error no such parameter
    params.branch;
    // @ts-expect-error no such source
    sources.addons;
  },
});

define("bad-source", {
  params: z.object({ ref: z.string() }),
  // @ts-expect-error no such parameter
  sources: { product: { url: ".", ref: ({ params }) => params.branch } },
});
// @ts-expect-error a secret is read from env, file or command
define("bad-secret", { secrets: { token: { text: "hunter2" } } });
// @ts-expect-error a matrix is made by cells
define("bad-matrix", { matrix: [{ os: "debian-12" }] });

// Any Standard Schema decodes parameters.
declare const handMade: StandardSchema<unknown, { readonly level: number }>;
define("hand-made", { params: handMade }).once("first", {
  run: async ({ params }) => expectTypeOf(params.level).toEqualTypeOf<number>(),
});
define("no-params").once("first", {
  run: async ({ params }) => {
    // @ts-expect-error there are no parameters
    params.ref;
  },
});

// Policies are data that the compiler knows.
stage("policies", { timeout: "2h", stall: "90s", retry: { test: 1 }, keep: "never", run: async () => {} });
// @ts-expect-error a duration has a unit
stage("no-unit", { timeout: "90", run: async () => {} });
// @ts-expect-error not a unit
stage("bad-unit", { timeout: "2 hours", run: async () => {} });
// @ts-expect-error not a number of milliseconds
stage("a-number", { stall: 600, run: async () => {} });
// @ts-expect-error not a class of failure
stage("bad-class", { retry: { flaky: 2 }, run: async () => {} });
// @ts-expect-error what was cancelled is not tried again
stage("cancelled", { retry: { cancelled: 2 }, run: async () => {} });
// @ts-expect-error a word, not a boolean
stage("bad-keep", { keep: true, run: async () => {} });
// @ts-expect-error only an approval expires
stage("expires", { expires: "7d", run: async () => {} });
// @ts-expect-error a stage runs something
stage("empty", {});
// @ts-expect-error what runs once has no per
once("once-per", { per: ["os"], run: async () => {} });

stage("bad-server", {
  // @ts-expect-error a request names a size
  servers: () => [{ name: "build", role: "build", os: "debian-12" }],
  run: async () => {},
});
stage("bad-suite", {
  // @ts-expect-error not a format
  suites: () => [{ name: "unit", format: "nose" }],
  run: async () => {},
});

expectTypeOf(pipeline([first])).toEqualTypeOf<Pipeline>();
expectTypeOf(plan(pipeline([first]), { ref: "main" })).toEqualTypeOf<Promise<Plan>>();
