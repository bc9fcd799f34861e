import { type ReadTest, type TestStatus, textLimits } from "../results.ts";
import { type Annotations, annotated, annotationCollector } from "./annotations.ts";
import { countIn, type Fields, millisecondsIn, pairsIn, textIn } from "./json-text.ts";
import { fitting } from "./lines.ts";
import { LongText } from "./long-text.ts";
import type { ResultFile } from "./result-file.ts";

/** What each status of a file of the format `unittest` is. */
export const outcomes = {
  passed: "passed",
  failed: "failed",
  error: "error",
  skipped: "skipped",
  "expected-failure": "passed",
  "unexpected-success": "failed",
} as const satisfies Record<string, TestStatus>;

/** A status as the file has it. */
export type RawStatus = keyof typeof outcomes;

/** Whether a text is one of them. */
export function isRawStatus(status: string): status is RawStatus {
  return Object.hasOwn(outcomes, status);
}

/** Whether it is a set-up or a tear-down: unittest names a broken one `setUpClass (module.Class)` and a test `module.Class.method`. */
export function isFixture(id: string): boolean {
  return /^(setUp|tearDown)(Class|Module) \(/.test(id);
}

/** A test, or a failed sub-test, from its line; `remarks` takes what looks like an annotation and is none. */
export function unittestTest(
  { id, subtest, raw }: { readonly id: string; readonly subtest: string; readonly raw: RawStatus },
  fields: Fields,
  { file, remarks }: { readonly file: ResultFile; readonly remarks: Set<string> },
): ReadTest {
  const dot = isFixture(id) ? -1 : id.lastIndexOf(".");
  const place = textIn(fields, "file");
  const status = outcomes[raw];
  const success = raw === "unexpected-success" ? "Passed, though the test is marked as an expected failure." : "";
  const bad = status === "failed" || status === "error";
  const output = new LongText(file, textLimits.stdout, () => `output of ${id}`);
  if (bad) output.add(textIn(fields, "stdout"));
  const { text: stdout, kept } = output.shown();
  const annotations = annotationsOf(fields);
  for (const remark of annotations.remarks) remarks.add(remark);
  return {
    class: fitting(id.slice(0, Math.max(dot, 0)), textLimits.name, file),
    name: fitting(id.slice(dot + 1), textLimits.name, file),
    params: subtest === "" ? null : fitting(subtest, textLimits.name, file),
    status,
    durationMs: millisecondsIn(fields, "seconds"),
    message: fitting(textIn(fields, "message") || success, textLimits.message, file),
    details: fitting(textIn(fields, "details"), textLimits.details, file),
    stdout,
    location: place === "" ? null : { file: fitting(place, textLimits.name, file), line: countIn(fields, "line") },
    ...annotated(annotations),
    ...(kept === null ? {} : { kept: [{ of: "stdout" as const, ...kept }] }),
  };
}

function annotationsOf(fields: Fields): Annotations {
  const annotations = annotationCollector();
  for (const [name, value] of pairsIn(fields, "properties")) annotations.property(name, value);
  annotations.output(`${textIn(fields, "notes")}\n`);
  annotations.output(textIn(fields, "stdout"));
  return annotations.found();
}
