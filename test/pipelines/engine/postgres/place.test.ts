import { expect, it } from "vitest";
import packageJson from "../../../../package.json" with { type: "json" };
import { majorVersion } from "../../../../pipelines/engine/postgres/place.ts";

it("names data after the major version that package.json locks", () => {
  const versions = Object.entries(packageJson.optionalDependencies).filter(([name]) => name.startsWith("@embedded-"));
  expect(versions.length).toBeGreaterThan(0);
  expect(versions.map(([, version]) => Number(version.split(".")[0]))).toEqual(versions.map(() => majorVersion));
});
