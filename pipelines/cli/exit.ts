import { type Failure, failureOf } from "../dsl/failure.ts";
import { paint } from "./view/paint.ts";

/** Exit codes of every command. */
export const exitCodes = {
  passed: 0,
  testsFailed: 1,
  usage: 2,
  infrastructure: 3,
  leaked: 4,
  waiting: 5,
  cancelled: 6,
} as const;

/** Ends a command at once with a Failure of class configuration: a wrong word of the user's, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly failure: Failure;

  constructor(title: string, detail: string, next: string) {
    super(`${title}: ${detail}`);
    this.failure = { reason: "usage", class: "configuration", title, detail, next };
  }
}

/** Prints an error as title, detail and next step, and gives the exit code that belongs to it. */
export function reportError(error: unknown): number {
  const failure = failureOf(error);
  const problems = problemsOf(error);
  const stream = process.stderr;
  stream.write(`${paint("red", "edgecert:", stream)} ${failure.title}\n`);
  for (const problem of problems) {
    stream.write(
      `\n  ${paint("bold", problem.title, stream)}\n  ${indent(problem.detail)}\n  Next: ${indent(problem.next)}\n`,
    );
  }
  if (problems.length === 0) stream.write(`  ${indent(failure.detail)}\n  Next: ${indent(failure.next)}\n`);
  if (failure.class === "cancelled") return exitCodes.cancelled;
  return failure.class === "configuration" ? exitCodes.usage : exitCodes.infrastructure;
}

function indent(text: string): string {
  return text.trimEnd().replaceAll("\n", "\n  ");
}

interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly next: string;
}

/** The list that a wrong definition carries: all its mistakes at once. */
function problemsOf(error: unknown): readonly Problem[] {
  if (!(error instanceof Error) || !("problems" in error) || !Array.isArray(error.problems)) return [];
  return error.problems;
}
