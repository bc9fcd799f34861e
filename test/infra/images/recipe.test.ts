import { expect, test } from "vitest";
import { baseKey, imageKey } from "../../../infra/images/recipe.ts";

const key = (os: string, ...packages: string[]) => imageKey({ os, packages });

test("the order and repetition of packages do not matter, everything else does", () => {
  expect(key("debian-12", "python3", "cpio")).toBe(key("debian-12", "cpio", "python3", "cpio"));
  expect(key("debian-12", "python3")).not.toBe(key("debian-12", "cpio"));
  expect(key("debian-12", "python3")).not.toBe(key("debian-13", "python3"));
  expect(key("debian-12")).not.toBe(key("debian-12", "python3"));
  expect(key("debian-12", "ab")).not.toBe(key("debian-12", "a", "b"));
});

test("keys are sha256 in hex, bases have keys of their own", () => {
  expect(key("debian-12")).toMatch(/^[0-9a-f]{64}$/);
  expect(baseKey({ os: "debian-12" })).not.toBe(key("debian-12"));
});
