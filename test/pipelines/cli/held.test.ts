import { expect, test } from "vitest";
import type { Resource } from "../../../infra/providers/provider.ts";
import { heldAt, silence } from "../../../pipelines/cli/held.ts";
import { FailureError } from "../../../pipelines/dsl/failure.ts";

const one: Resource = {
  ...{ provider: "there", id: "vm-1", kind: "virtual-machine", run: "r1", node: "servers", expiresAt: "" },
};
const refusal = { reason: "no-credentials", title: "No credentials for aws", detail: "none found", next: "Set them." };
const place = (name: string, list: () => Promise<readonly Resource[]>) => ({ name, list, release: async () => {} });
const there = place("there", async () => [one]);
const locked = place("aws", () => Promise.reject(new FailureError({ ...refusal, class: "configuration" })));
const broken = place("lab", () => Promise.reject(new Error("no route to host")));

test("a place that cannot be asked hides nothing of another, and is named with its reason and the next step", async () => {
  const { found, silent } = await heldAt({ ...there, places: [broken, there, locked] }, {});
  expect(found).toEqual([one]);
  const trouble = silence(silent);
  expect(trouble?.failure).toMatchObject({ class: "configuration", next: "Set them." });
  expect(trouble?.problems.map(({ title }) => title)).toEqual(["lab: no route to host", "aws: No credentials for aws"]);
});

test("a place alone is asked as it is, and there is no trouble where all answer", async () => {
  const { silent } = await heldAt(there, {});
  expect(silence(silent)).toBeUndefined();
  expect((await heldAt(locked, {})).silent).toMatchObject([{ place: "aws", failure: { reason: "no-credentials" } }]);
});
