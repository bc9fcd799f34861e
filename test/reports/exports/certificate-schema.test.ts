import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { Certificate } from "../../../reports/certificate-document.ts";
import published from "../../../reports/exports/certificate.schema.json" with { type: "json" };
import { certified, inventedRun } from "../../fixtures/reports/run.ts";
import { notRun, redAndDamaged, redEverywhere, withRetry } from "../../fixtures/reports/stories.ts";
import { type Schema, schemaOfType } from "./schema-of-type.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** Every object closed: so that a field which the type does not know is found. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, closed(one)]));
  const open = copy.type !== "object" || copy.additionalProperties !== undefined || copy.properties === undefined;
  return open ? copy : { ...copy, additionalProperties: false };
}

const validate = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  closed(published) as Schema,
);

function problems(document: unknown): readonly string[] {
  validate(JSON.parse(JSON.stringify(document)));
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ""}`);
}

describe("the JSON Schema of certificates", () => {
  it("is what the type Certificate says; vitest -u writes it anew", async () => {
    const about = { id: "urn:edgecert:certificate:2", title: "Certificate of edgecert, version 2" };
    const schema = schemaOfType(join(root, "reports", "certificate-document.ts"), "Certificate", about);
    const text = `${JSON.stringify(schema, null, 2)}\n`;
    await expect(text).toMatchFileSnapshot(join(root, "reports", "exports", "certificate.schema.json"));
  });

  it.each([
    ["all is well", {}],
    ["red", redEverywhere],
    ["damaged", redAndDamaged],
    ["not run", notRun],
    ["retried", withRetry],
  ])("holds for a certificate where %s", async (_, stories) => {
    const { certificate, folder } = await certified(inventedRun(stories));
    await rm(folder, { recursive: true });
    expect(problems(certificate)).toEqual([]);
  });

  it("refuses what is not one", async () => {
    const { certificate, folder } = await certified(inventedRun());
    await rm(folder, { recursive: true });
    const [cell, ...others] = certificate.cells;
    const wrong: Readonly<Record<string, unknown>> = {
      version: { ...certificate, v: 3 },
      verdict: { ...certificate, verdict: "fine" },
      missing: { ...certificate, cells: undefined },
      unknown: { ...certificate, surprise: true } satisfies Certificate & { surprise: boolean },
      deep: { ...certificate, cells: [{ ...cell, tests: { passed: "7" } }, ...others] },
    };
    for (const [name, document] of Object.entries(wrong))
      expect([name, problems(document).length > 0]).toEqual([name, true]);
  });
});
