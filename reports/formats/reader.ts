import type { ResultFormat } from "../../pipelines/dsl/request.ts";
import type { ReadResults } from "../results.ts";
import { readRspecJson } from "./rspec-json.ts";
import { readUnittest } from "./unittest.ts";

const readers: Readonly<Partial<Record<ResultFormat, (text: string) => ReadResults>>> = {
  "rspec-json": readRspecJson,
  unittest: readUnittest,
};

/** Reads one result file. Never throws: a format that nothing here reads gives damaged evidence, which is never green. */
export function readResults(format: ResultFormat, text: string): ReadResults {
  const reader = readers[format];
  if (reader !== undefined) return reader(text);
  return {
    framework: format,
    tests: [],
    damaged: `Results of the format ${format} cannot be read by this version.`,
    remarks: [],
  };
}

/** The format that the beginning of a file shows; null where it is none that is known. */
export function formatOf(head: Uint8Array): ResultFormat | null {
  const text = new TextDecoder().decode(head);
  if (/<testsuites?\b/.test(text)) return "junit-xml";
  if (/"examples"/.test(text)) return "rspec-json";
  if (/"type":\s*"start"/.test(text)) return "unittest";
  return null;
}
