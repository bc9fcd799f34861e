import { describe, expect, it } from "vitest";
import { readExpectation } from "../../../reports/alone/expectation.ts";

describe("a list of what is expected", () => {
  it("gives a cell without suites of its own those of all cells", () => {
    expect(readExpectation('{"suites":["a"],"cells":{"x/y":[],"x/z/":["b","c"]},"product":"p 1"}')).toEqual({
      expectation: {
        product: "p 1",
        axes: null,
        cells: [
          { cell: "x/y", suites: ["a"] },
          { cell: "x/z", suites: ["b", "c"] },
        ],
        holes: [],
        ignore: [],
      },
    });
  });

  it("may list cells by name only", () => {
    expect(readExpectation('{"suites":["a"],"cells":["x"]}')).toMatchObject({
      expectation: { cells: [{ cell: "x", suites: ["a"] }] },
    });
  });

  it.each([
    ["no JSON", "{", ["It is no list of expected cells"]],
    ["no object", "[]", ["It is no list of expected cells"]],
    ["no cells", "{}", ["cells names no cell"]],
    ["a word that is none", '{"suites":["a"],"cells":["x"],"cell":1}', ["Unknown word"]],
    ["a cell that owes nothing", '{"cells":["x"]}', ["A cell owes no suite"]],
    [
      "a path that leads out",
      '{"suites":["a"],"cells":["x/../../y","/z"]}',
      Array(2).fill("No path below the folder of results"),
    ],
    ["a cell that is a hole", '{"suites":["a"],"cells":["x"],"holes":{"x":"no"}}', ["A cell stands there twice"]],
    [
      "axes for other cells",
      '{"axes":["os"],"suites":["a"],"cells":["x/y"]}',
      ["Cells have not 1 parts, one for each axis"],
    ],
    [
      "all of it",
      '{"axes":[],"suites":"a","cells":{"x":[1]},"holes":{"y":""},"product":7}',
      [
        "suites is no list of names",
        'The list of "x" is no list of names',
        "A cell owes no suite",
        "The hole y has no reason",
        "axes names no axis, or one twice",
        "Cells have not 0 parts, one for each axis",
        "product is no name",
      ],
    ],
  ])("with %s is refused with every mistake", (_what, text, titles) => {
    const read = readExpectation(text);
    expect("problems" in read ? read.problems.map(({ title }) => title) : []).toEqual(titles);
  });
});
