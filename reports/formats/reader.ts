import type { ResultFormat } from "../../pipelines/dsl/request.ts";
import type { ReadResults } from "../results.ts";
import { readGoTestJson } from "./go-test-json.ts";
import { readJunitXml } from "./junit-xml.ts";
import type { ResultFile, ResultReader } from "./result-file.ts";
import { readRspecJson } from "./rspec-json.ts";
import { readRspecLines } from "./rspec-lines.ts";
import { readTap } from "./tap.ts";
import { readUnittest } from "./unittest.ts";
import { wholeTextReader } from "./whole-text.ts";

const readers: Readonly<Partial<Record<ResultFormat, ResultReader>>> = {
  "go-test-json": readGoTestJson,
  "junit-xml": readJunitXml,
  "rspec-json": wholeTextReader("rspec", readRspecJson),
  "rspec-lines": readRspecLines,
  tap: readTap,
  unittest: readUnittest,
};

/**
 * Reads one result file. Never throws for what stands in it: a format that nothing here reads gives damaged evidence,
 * which is never green. Throws what opening or reading the file's bytes throws.
 */
export async function readResults(format: ResultFormat, file: ResultFile): Promise<ReadResults> {
  const reader = readers[format];
  if (reader !== undefined) return reader(file);
  return {
    framework: format,
    tests: [],
    damaged: `Results of the format ${format} cannot be read by this version.`,
    remarks: [],
  };
}
