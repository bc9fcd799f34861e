import { type ReadTest, type TestAttempt, type TestStatus, textLimits } from "../results.ts";
import { annotated, annotationCollector } from "./annotations.ts";
import { countIn, type Fields, fieldsOf, millisecondsIn, pairsIn, textIn } from "./json-text.ts";
import { fitting } from "./lines.ts";
import type { ResultFile } from "./result-file.ts";
import { backtraceOfException, messageOfException, statusOfException } from "./rspec-exception.ts";

/** An example as its line in a file of the format `rspec-lines` tells it. */
export interface LineExample {
  readonly id: string;
  readonly test: ReadTest;
  /** Why the line cannot be believed, without a subject, or null. */
  readonly complaint: string | null;
  readonly remarks: readonly string[];
}

const statuses: Readonly<Record<string, TestStatus>> = { passed: "passed", failed: "failed", pending: "skipped" };

/** Reads one line of type `example`; a status that is none makes it an error. */
export function exampleOf(fields: Fields, file: ResultFile): LineExample {
  const id = textIn(fields, "id");
  const said = textIn(fields, "status");
  const status = Object.hasOwn(statuses, said) ? statuses[said] : undefined;
  const exceptions = status === "failed" ? fieldsIn(fields.get("exceptions")) : [];
  const annotations = annotationCollector();
  for (const [name, value] of pairsIn(fields, "properties")) annotations.property(name, value);
  const found = annotations.found();
  const attempts = attemptsIn(fields.get("attempts"), file);
  const name = textIn(fields, "description") || id || "an example";
  const test: ReadTest = {
    class: fitting(textIn(fields, "group"), textLimits.name, file),
    name: fitting(name, textLimits.name, file),
    params: null,
    status: exceptions.length > 0 ? statusOfAll(exceptions) : (status ?? "error"),
    durationMs: millisecondsIn(fields, "seconds"),
    message: fitting(messageOfAll(exceptions) || textIn(fields, "message"), textLimits.message, file),
    details: fitting(detailsOfAll(exceptions), textLimits.details, file),
    stdout: "",
    location: locationIn(fields, file),
    ...(attempts.length > 0 ? { attempts } : {}),
    ...annotated(found),
  };
  const contradicts = status === "passed" && fieldsIn(fields.get("exceptions")).length > 0;
  const complaint =
    status === undefined
      ? `has the unknown status "${said.slice(0, 40)}".`
      : contradicts
        ? "is an example that passed, with an exception."
        : null;
  return { id, test, complaint, remarks: found.remarks };
}

/** Because where one expectation did not hold the product is wrong, whatever broke beside it. */
function statusOfAll(exceptions: readonly Fields[]): "failed" | "error" {
  return exceptions.some((exception) => statusOfException(exception) === "failed") ? "failed" : "error";
}

function messageOfAll(exceptions: readonly Fields[]): string {
  return exceptions.map(messageOfException).join("\n\n");
}

function detailsOfAll(exceptions: readonly Fields[]): string {
  const parts = exceptions.map((exception, index) => {
    const title = exceptions.length > 1 ? `${index + 1}) ${messageOfException(exception)}\n` : "";
    const cause = textIn(exception, "cause");
    return `${title}${backtraceOfException(exception)}${cause === "" ? "" : `\nCaused by ${cause}`}`;
  });
  return parts.join("\n\n");
}

function attemptsIn(value: unknown, file: ResultFile): readonly TestAttempt[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, 20).map((one: unknown) => {
    const exceptions = fieldsIn(one);
    return {
      status: statusOfAll(exceptions),
      durationMs: null,
      message: fitting(messageOfAll(exceptions), textLimits.message, file),
      details: fitting(detailsOfAll(exceptions), textLimits.details, file),
      stdout: "",
    };
  });
}

function locationIn(fields: Fields, file: ResultFile): ReadTest["location"] {
  const path = textIn(fields, "file").replace(/^\.\//, "");
  return path === "" ? null : { file: fitting(path, textLimits.name, file), line: countIn(fields, "line") };
}

function fieldsIn(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf).filter((fields) => fields !== null) : [];
}
