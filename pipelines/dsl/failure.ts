/**
 * How an expected failure is met. The first five are the classes of a provider's errors: `transient` is tried again
 * after a jittered pause, `capacity` goes to the next place, `quota` skips the account and region for the run,
 * `configuration` and `fatal` stop. `test` is a product that failed its own suites, `cancelled` a person's decision.
 * `lost` is what a holder gave and what does not serve any more, such as a server that died or began anew: holder and
 * users are attempted again as one group.
 */
export type FailureClass =
  | "transient"
  | "capacity"
  | "quota"
  | "lost"
  | "configuration"
  | "fatal"
  | "test"
  | "cancelled";

/** An expected failure: a value that crosses every layer, is stored in events and is printed as it stands. */
export interface Failure {
  /** One word or kebab-case phrase that a program can switch on, such as `boot-deadline`. */
  readonly reason: string;
  readonly class: FailureClass;
  /** One short line: what failed. */
  readonly title: string;
  /** What was seen, naming the offending value. */
  readonly detail: string;
  /** What a person should try next. */
  readonly next: string;
}

/** An error that carries a {@link Failure}. Any error with a `failure` property of that shape counts as one. */
export class FailureError extends Error {
  override readonly name = "FailureError";
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.title}: ${failure.detail}`, options);
    this.failure = failure;
  }
}

const classes: ReadonlySet<string> = new Set([
  "transient",
  "capacity",
  "quota",
  "lost",
  "configuration",
  "fatal",
  "test",
  "cancelled",
] satisfies FailureClass[]);

/** The failure that an error carries, or one of class `fatal` for an error that nobody expected: a bug says so. */
export function failureOf(error: unknown): Failure {
  // Because what went wrong while things were closed must not hide what went wrong first.
  if (error instanceof Error && error.name === "SuppressedError" && "suppressed" in error)
    return failureOf(error.suppressed);
  if (error instanceof Error && "failure" in error && isFailure(error.failure)) return error.failure;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    reason: "unexpected-error",
    class: "fatal",
    title: error instanceof Error ? error.message : "A value that is not an error was thrown",
    detail,
    next: "This is a defect of the definition or of edgecert: report it with the detail above.",
  };
}

function isFailure(value: unknown): value is Failure {
  if (typeof value !== "object" || value === null) return false;
  const fields = new Map(Object.entries(value));
  return (
    classes.has(String(fields.get("class"))) &&
    ["reason", "title", "detail", "next"].every((name) => typeof fields.get(name) === "string")
  );
}
