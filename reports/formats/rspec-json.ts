import {
  capped,
  type ReadResults,
  type ReadTest,
  type SourceLocation,
  type TestStatus,
  textLimits,
} from "../results.ts";
import { countIn, type Fields, fieldsOf, millisecondsIn, parsed, textIn } from "./json-text.ts";
import { backtraceOfException, messageOfException, statusOfException } from "./rspec-exception.ts";
import { errorsOutside, outsideDamage } from "./rspec-outside.ts";

/**
 * Reads what `rspec --format json --out <file>` writes, of any version of RSpec 3. Pending examples are skipped ones.
 * Never throws. The file is *damaged* when it is empty or not whole (a killed run leaves nothing: RSpec writes once, at
 * its exit), when examples or the summary are missing, when the summary's counts differ from the examples, or when
 * errors happened outside of examples (a file that could not be loaded hides the tests in it).
 */
export function readRspecJson(text: string): ReadResults {
  if (text.trim() === "") return unreadable("The file is empty: RSpec was stopped before it could write results.");
  const result = parsed(text);
  if ("complaint" in result) return unreadable(`The file of results cannot be read. ${result.complaint}`);
  const root = fieldsOf(result.value);
  const examples = root?.get("examples");
  if (root === null || !Array.isArray(examples)) return unreadable("The file has no list of examples.");
  const problems: string[] = [];
  const read = examples.map((example: unknown, index) => testOf(fieldsOf(example), index + 1, problems));
  const tests = read.filter((test) => test !== null);
  const messages = messagesOf(root);
  const ids = examples.map((example: unknown) => textIn(fieldsOf(example), "id")).filter((id) => id !== "");
  const twice = ids.length - new Set(ids).size;
  if (twice > 0) problems.push(`${twice} examples stand in it twice: it is of more than one run.`);
  const damaged = problems[0] ?? disagreement(fieldsOf(root.get("summary")), tests, messages);
  const outside = errorsOutside(messages, outsideIn(fieldsOf(root.get("summary")), messages));
  return {
    framework: "rspec",
    tests: [...tests, ...outside],
    damaged,
    remarks: [...problems.slice(1, 20), ...messages.map((message) => capped(message, 2_000))],
  };
}

/** Versions of RSpec before 3.6 do not count errors outside of examples; what a message tells of them is believed too. */
function outsideIn(summary: Fields | null, messages: readonly string[]): number {
  const field = "errors_outside_of_examples_count";
  const said = countIn(summary, field) ?? (summary?.has(field) === true ? 1 : 0);
  const loads = messages.filter((message) => message.startsWith("An error occurred while loading "));
  return Math.max(said, loads.length);
}

const statuses: Readonly<Record<string, TestStatus>> = { passed: "passed", failed: "failed", pending: "skipped" };

function testOf(example: Fields | null, number: number, problems: string[]): ReadTest | null {
  if (example === null) {
    problems.push(`Example ${number} is not an object.`);
    return null;
  }
  const said = textIn(example, "status");
  const status = Object.hasOwn(statuses, said) ? statuses[said] : undefined;
  if (status === undefined) problems.push(`Example ${number} has the unknown status "${said.slice(0, 40)}".`);
  if (status === "passed" && fieldsOf(example.get("exception")) !== null) {
    problems.push(`Example ${number} passed, and has an exception.`);
  }
  const description = textIn(example, "description");
  const full = textIn(example, "full_description");
  const exception = status === "skipped" ? null : fieldsOf(example.get("exception"));
  return {
    class: capped(
      full.endsWith(description) ? full.slice(0, full.length - description.length).trim() : "",
      textLimits.name,
    ),
    name: capped(description || full || textIn(example, "id") || `example ${number}`, textLimits.name),
    params: null,
    status: status === "failed" && exception !== null ? statusOfException(exception) : (status ?? "error"),
    durationMs: millisecondsIn(example, "run_time"),
    message: capped(
      exception === null ? textIn(example, "pending_message") : messageOfException(exception),
      textLimits.message,
    ),
    details: capped(exception === null ? "" : backtraceOfException(exception), textLimits.details),
    stdout: "",
    location: locationOf(example),
  };
}

function locationOf(example: Fields): SourceLocation | null {
  const file = textIn(example, "file_path").replace(/^\.\//, "");
  return file === "" ? null : { file: capped(file, textLimits.name), line: countIn(example, "line_number") };
}

function messagesOf(root: Fields): readonly string[] {
  const messages = root.get("messages");
  if (!Array.isArray(messages)) return [];
  return messages.filter((message) => typeof message === "string").map((message) => message.trim());
}

/** Why the summary cannot be believed, or null. */
function disagreement(summary: Fields | null, tests: readonly ReadTest[], messages: readonly string[]): string | null {
  if (summary === null) return "The file has no summary.";
  const outside = outsideIn(summary, messages);
  if (outside > 0) return outsideDamage(messages, outside);
  const bad = (test: ReadTest) => test.status === "failed" || test.status === "error";
  const counts = [
    ["example_count", "examples", tests.length],
    ["failure_count", "failures", tests.filter(bad).length],
    ["pending_count", "pending examples", tests.filter((test) => test.status === "skipped").length],
  ] as const;
  for (const [field, words, found] of counts) {
    const said = countIn(summary, field);
    if (said !== found) return `The summary counts ${said ?? "no"} ${words}, ${found} were found.`;
  }
  return null;
}

function unreadable(damaged: string): ReadResults {
  return { framework: "rspec", tests: [], damaged, remarks: [] };
}
