import { TextDecoder } from "node:util";
import type { ResultFormat } from "../../pipelines/dsl/request.ts";
import { encodingOf } from "./decoding.ts";

/** Bytes of a file that say what it is. */
const sniffed = 4_096;

/** What the beginning of a file must hold, by format; the first that holds is taken. */
const signs: readonly (readonly [ResultFormat, RegExp])[] = [
  ["junit-xml", /^[^<]*(?:<(?![A-Za-z_])[^>]*>[^<]*)*<testsuites?[\s>/]/],
  ["unittest", /^\s*\{"v":\s?1,\s?"type":\s?"start",\s?"tests":/],
  ["rspec-lines", /^\s*\{"v":\s?1,\s?"type":\s?"load",\s?"rspec"/],
  ["rspec-json", /^\s*\{\s*"version"\s*:\s*"[^"]*"\s*,\s*"(?:seed|messages|examples|summary|summary_line)"\s*:/],
  ["go-test-json", /^\{(?=.*"Action":")(?=.*"(?:Package|ImportPath|Test)":")/m],
  ["tap", /^(?:TAP version 1[34]|1\.\.\d+|(?:not )?ok\b(?: +\d+\b| +- |\s*$))/m],
];

/**
 * The format of a file by its first bytes, at most 4 KiB of them, whatever the file is called; null where they are of no
 * format that is known here.
 */
export function formatOf(head: Uint8Array): ResultFormat | null {
  const text = new TextDecoder(encodingOf(head).label).decode(head.subarray(0, sniffed));
  return signs.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}
