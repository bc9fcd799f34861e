import { describe, expect, it } from "vitest";
import { isName, isServerName, isValue } from "../../../pipelines/dsl/identifier.ts";
import { folderName } from "../../../pipelines/dsl/index.ts";

describe("an identifier", () => {
  it.each([
    ["packages", true, true, true],
    ["release-approval", true, true, true],
    ["node1", true, true, true],
    ["debian-12", true, true, true],
    ["12.04", false, true, false],
    ["a.b", false, true, false],
    ["a".repeat(40), true, true, true],
    ["a".repeat(41), false, false, false],
    ["a--b", false, false, true],
    ...[
      "",
      "-a",
      "a-",
      ".",
      "..",
      "a..b",
      "a/b",
      "a@b",
      "a:b",
      "a+b",
      "a b",
      "A",
      "a_b",
      "ä",
      "a\n",
      "a\0",
      "$(id)",
      "a;b",
    ].map((text) => [text, false, false, false] as const),
  ] as const)("%j", (text, name, value, server) => {
    expect([isName(text), isValue(text), isServerName(text)]).toEqual([name, value, server]);
  });
});

describe("the folder of a node", () => {
  it.each([
    ["source", "source"],
    ["packages@debian-12", "packages@debian-12"],
    ["undo:servers@debian-12/kvm-ssh", "undo.servers@debian-12+kvm-ssh"],
  ])("%s is %s", (id, folder) => {
    expect(folderName(id)).toBe(folder);
  });

  it("is another one for every id", () => {
    const stages = ["undo", "a", "a-b"];
    const values = ["a", "a.b", "b", "a-b", "undo.a"];
    const cells = ["", ...values.map((v) => `@${v}`), ...values.flatMap((v) => values.map((w) => `@${v}/${w}`))];
    const ids = stages.flatMap((stage) => cells.flatMap((cell) => [`${stage}${cell}`, `undo:${stage}${cell}`]));
    expect(new Set(ids.map(folderName)).size).toBe(ids.length);
  });

  it.each([
    "",
    ".",
    "..",
    "../x",
    "a/../b",
    "a@..",
    "a@b/..",
    "/etc",
    "a@b//c",
    "A",
    "a b",
    "a\0",
    "undo:undo:a",
    "a@",
  ])("is refused for %j", (id) => {
    expect(() => folderName(id)).toThrow("is not a node id");
  });
});
