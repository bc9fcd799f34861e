import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");

/**
 * Pulumi's language host looks for packages with plugins below the folder of `main`, in every `node_modules` there
 * (`GetRequiredPackages` of pulumi-language-nodejs), and the engine fetches them all before anything else.
 */
test("pulumi up is not made to ask for the plugins of all installed packages", () => {
  const main = /^main: (.+)$/m.exec(readFileSync(join(root, "Pulumi.yaml"), "utf8"))?.[1] ?? "";
  const folder = dirname(main);
  expect(folder).toBe("infra");
  const below = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  expect(below).toContain("index.ts");
  expect(below.filter((name) => name.split("/").includes("node_modules"))).toEqual([]);
});
