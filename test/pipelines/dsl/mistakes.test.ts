import { describe, expect, it } from "vitest";
import { cells, define, type Needs, type Pipeline, type Stage } from "../../../pipelines/dsl/index.ts";
import { grid, mistakes, run, server, single, unchecked, withMatrix } from "./mistaken.ts";

function ringOfTwo(): Pipeline {
  const { once, pipeline } = define("ring");
  const needs: Record<string, Stage> = {};
  const first = once("first", { needs: unchecked<Needs>(needs), run });
  const second = once("second", { needs: { first }, run });
  Object.assign(needs, { second });
  return pipeline([second]);
}

function finer(): Pipeline {
  const { once, stage, pipeline } = define("finer", { matrix: grid });
  const results = stage("results", { run });
  return pipeline([once("sum", { needs: unchecked<Needs>({ results }), run })]);
}

function foreign(): Pipeline {
  const elsewhere = define("elsewhere").once("source", { run });
  const { once, pipeline } = define("here");
  return pipeline([once("user", { needs: { source: elsewhere }, run }), elsewhere]);
}

function duplicates(): Pipeline {
  const { once, pipeline } = define("duplicates");
  return pipeline([once("source", { run }), once("source", { run }), once("other", { run })]);
}

function sources(url: string | (() => string), ref?: string): Pipeline {
  const words = define("sources", { sources: { product: ref === undefined ? { url } : { url, ref } } });
  return words.pipeline([words.once("only", { run })]);
}

function secrets(source: object): Pipeline {
  const words = define("secrets", { secrets: { token: unchecked(source) } });
  return words.pipeline([words.once("only", { run })]);
}

/** Each row: what is wrong, the definition, what the title holds, what the detail and the hint hold. */
const table: readonly (readonly [string, Pipeline, string, string, string])[] = [
  ["duplicate names", duplicates(), "Two stages with one name", '"source"', "after what it produces"],
  ["a cycle", ringOfTwo(), "need each other", "second -> first -> second", "Take one"],
  [
    "a stage without a cell",
    single({ where: { os: "debian-13", environment: "lxd" } }),
    "only matches no cell",
    "lxd",
    "together",
  ],
  ["a cell twice", withMatrix(cells({ os: ["a", "b"] }, { os: "b" })), "Two cells with one id", '"b"', "one block"],
  ["a cell twice in a block", withMatrix(cells({ os: ["a", "a"] })), "Two cells with one id", '"a"', "one block"],
  [
    "one id for other axes",
    withMatrix(cells({ os: "a", x: "b" }, { os: "a", y: "b" })),
    "one id",
    '"a/b"',
    "one block",
  ],
  [
    "cells alike",
    withMatrix(cells({ os: "a", x: "b" }, { os: "a", y: "c" })),
    "told apart",
    "a/b and a/c",
    "common axis",
  ],
  ["an empty axis", withMatrix(cells({ os: [], x: "b" })), "has no cell", '"os"', "leave the block out"],
  ["a bad axis", withMatrix(cells({ OS: "a" })), "Bad name of an axis", '"OS"', "small letters"],
  ["a bad value", withMatrix(cells({ os: "../etc" })), "Bad value of an axis", '"../etc"', "small letters"],
  ["a value with two dots", withMatrix(cells({ os: "a..b" })), "Bad value of an axis", '"a..b"', "small letters"],
  ["a value too long", withMatrix(cells({ os: "a".repeat(41) })), "Bad value of an axis", "aaaa", "40"],
  [
    "a hole that is a cell",
    withMatrix(grid.hole({ os: "debian-12", environment: "lxd" }, "no")),
    "A hole that is none",
    "is a cell",
    "Leave",
  ],
  [
    "a hole of no axis",
    withMatrix(grid.hole(unchecked({ oss: "debian-13", environment: "lxd" }), "no")),
    "A hole",
    '"oss"',
    '"os"',
  ],
  [
    "a hole of no value",
    withMatrix(grid.hole(unchecked({ os: "debian-13", environment: "lxc" }), "no")),
    "A hole",
    '"lxc"',
    '"lxd"',
  ],
  [
    "a hole too wide",
    withMatrix(grid.hole(unchecked({ os: "debian-13" }), "no")),
    "A hole",
    "lacks an axis",
    "every axis",
  ],
  [
    "a hole without reason",
    withMatrix(grid.hole({ os: "debian-13", environment: "lxd" }, " ")),
    "A hole",
    "has no reason",
    "why",
  ],
  ["a bad stage name", single({}, "Build Packages"), "Bad name of a stage", '"Build Packages"', "small letters"],
  ["a stage name too long", single({}, "a".repeat(41)), "Bad name of a stage", "aaaa", "40"],
  ["an unknown axis in per", single({ per: ["oss"] }), "Unknown axis in only", '"oss"', 'Did you mean "os"?'],
  [
    "an unknown axis in where",
    single({ where: { region: "eu" } }),
    "Unknown axis",
    '"region"',
    "Known: os, environment.",
  ],
  [
    "an unknown value in where",
    single({ where: { os: "debian-21" } }),
    "Unknown value",
    '"debian-21"',
    'Did you mean "debian-12"?',
  ],
  [
    "per of some cells",
    single({ per: ["x"] }, "only", cells({ os: "a", x: "b" }, { os: "b", y: "c" })),
    "not on every cell",
    "b/c",
    "where",
  ],
  ["a finer need", finer(), "results of sum runs once per more axes", "results@debian-12/kvm-ssh", "every(results)"],
  [
    "a reserved need",
    single({ needs: { cell: null } }),
    'Bad need "cell" of only',
    "params, cell, sources",
    "something else",
  ],
  [
    "a need that is no stage",
    single({ needs: { source: undefined } }),
    'Bad need "source"',
    "not a stage",
    "import each other",
  ],
  [
    "a need of elsewhere",
    foreign(),
    'Bad need "source" of user',
    "source belongs to another definition",
    "this definition",
  ],
  ["a goal of elsewhere", foreign(), "A goal of another definition", "source", "its own definition"],
  ["no goal", define("aimless").pipeline(unchecked([])), "No goal", "aimless", "list of stages"],
  [
    "a bad pipeline name",
    define("Nightly!").pipeline(unchecked([])),
    "Bad name of a pipeline",
    '"Nightly!"',
    "small letters",
  ],
  ["a bad duration", single({ timeout: "2 hours" }), "Bad duration: timeout of only", '"2 hours"', '"2h"'],
  ["a duration of nothing", single({ stall: "0s" }), "Bad duration: stall of only", '"0s"', '"2h"'],
  [
    "a budget for losses of what holds nothing",
    single({ retry: { lost: 1 } }),
    "Nothing to lose in only",
    "lost: 1",
    "acquires",
  ],
  ["a bad number of retries", single({ retry: { transient: 1.5 } }), "Bad number of retries of only", "1.5", "0 to 10"],
  ["nothing to keep", single({ keep: "on-failure" }), "Nothing to keep in only", "no undo", "acquires"],
  ["a bad server name", single(server({ name: "Node_1" })), "Bad server of only@", '"Node_1"', "DNS label"],
  ["a server without memory", single(server({ memoryMiB: 0 })), "Bad server", "memoryMiB of a is 0", "64"],
  ["half a core", single(server({ cores: 0.5 })), "Bad server", "cores of a is 0.5", "whole number"],
  ["a package that is an option", single(server({ packages: ["--force"] })), "Bad server", "--force", "packages"],
  ["servers without undo", single({ ...server({}), undo: undefined }), "Bad server", "no undo", "releases"],
  [
    "two servers of one name",
    single({ servers: () => [...[server({}), server({})].flatMap((s) => Reflect.get(s, "servers")())], undo: run }),
    "Bad server",
    '"a"',
    "node1, node2",
  ],
  [
    "two suites of one name",
    single({ suites: () => ["a", "a"].map((name) => ({ name, format: "tap" })) }),
    "Bad suite",
    '"a"',
    "of its own",
  ],
  [
    "a bad suite name",
    single({ suites: () => [{ name: "a/b", format: "tap" }] }),
    "Bad suite",
    '"a/b"',
    "small letters",
  ],
  [
    "a function that throws",
    single({
      suites: () => {
        throw new Error("no such environment");
      },
    }),
    "suites of only@debian-12/kvm-ssh threw",
    "no such environment",
    "compute",
  ],
  ["a source that is an option", sources("--upload-pack=x"), "Bad source product", "--upload-pack=x", "git URL"],
  ["a source without ref", sources(".", ""), "Bad source product", '""', "branch"],
  [
    "a source that throws",
    sources(() => {
      throw new Error("unset");
    }),
    "source product threw",
    "unset",
    "compute",
  ],
  ["an empty secret source", secrets({}), "The secret token has no source", "{}", "env"],
  ["a blank secret source", secrets({ env: " " }), "The secret token has no source", '{"env":" "}', "env"],
  ["a secret with two sources", secrets({ env: "A", file: "b" }), "The secret token has no source", "file", "one of"],
  ["a secret of no command", secrets({ command: [] }), "The secret token has no source", "command", "one of"],
];

describe("a mistake of a definition is told", () => {
  it.each(table)("%s", async (_, pipeline, title, detail, next) => {
    const found = await mistakes(pipeline);
    const said = found.find((problem) => problem.title.includes(title) && problem.detail.includes(detail));
    expect(said, JSON.stringify(found, null, 2)).toBeDefined();
    expect(said?.next).toContain(next);
  });

  it("alone, where there is only one", async () => {
    for (const [name, pipeline] of table.filter(([, , title]) => /Unknown (axis|value)|matches no cell/.test(title))) {
      expect(await mistakes(pipeline), name).toHaveLength(1);
    }
  });
});
