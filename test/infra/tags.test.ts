import { expect, test } from "vitest";
import { decodeTags, encodeTags, tagsOf } from "../../infra/tags.ts";

const owner = {
  run: "r;1",
  node: "servers@debian-12/kvm-ssh",
  attempt: 2,
  token: 3,
  expiresAt: "2027-01-01T00:00:00Z",
};

test("tags survive a command line: neither comma nor blank, and back", () => {
  const word = encodeTags({ ...tagsOf(owner), odd: "a,b c=d;e" });
  expect(word).toMatch(/^edgecert:[^\s,]+$/);
  expect(Object.fromEntries(decodeTags(word) ?? [])).toEqual({ ...tagsOf(owner), odd: "a,b c=d;e" });
});

test.each(["other:run=1", "edgecert:run", "edgecert:run=%"])("%s is not of ours", (text) => {
  expect(decodeTags(text)).toBeUndefined();
});
