import type { Failure, FailureClass } from "../dsl/failure.ts";

function failure(reason: string, kind: FailureClass, words: Pick<Failure, "title" | "detail" | "next">): Failure {
  return { reason, class: kind, ...words };
}

/** The expected failures of the engine, worded once. */
export const engineFailure = {
  timeout: (node: string, limitMs: number): Failure =>
    failure("timeout", "transient", {
      title: `${node} took too long`,
      detail: `It did not finish within its timeout of ${seconds(limitMs)}.`,
      next: "Look at the last lines of its log; where the time is needed, raise `timeout` on the stage.",
    }),
  stall: (node: string, limitMs: number): Failure =>
    failure("stall", "transient", {
      title: `${node} fell silent`,
      detail: `It wrote nothing for ${seconds(limitMs)}, its \`stall\` limit.`,
      next: "Look at the last lines of its log; where silence is normal, raise `stall` on the stage.",
    }),
  outputNotJson: (node: string, what: string): Failure =>
    failure("output-not-json", "configuration", {
      title: `The output of ${node} cannot be stored`,
      detail: what,
      next: "Return plain JSON from the stage; put files into the run's folder and return their references.",
    }),
  unknownRun: (run: string): Failure =>
    failure("unknown-run", "configuration", {
      title: `There is no run ${run}`,
      detail: `The database knows no run named ${JSON.stringify(run)}.`,
      next: "`edgecert list` shows the runs of this home.",
    }),
  runExists: (run: string): Failure =>
    failure("run-exists", "configuration", {
      title: `The run ${run} exists with another plan`,
      detail: "A run keeps the plan that it was started with.",
      next: "Choose another name for the new run.",
    }),
  runAlive: (run: string, worker: string): Failure =>
    failure("run-alive", "configuration", {
      title: `The run ${run} is being worked on`,
      detail: `The worker ${worker} holds it and answers.`,
      next: `Follow it with \`edgecert logs ${run}\`, or stop it with \`edgecert cancel ${run}\`.`,
    }),
  laneHeld: (lane: string, holders: readonly string[]): Failure =>
    failure("lane-held", "cancelled", {
      title: `Another run of ${lane} is being worked on`,
      detail: `${holders.join(", ")} ${holders.length === 1 ? "holds" : "hold"} it, and these runs refuse each other.`,
      next: `Follow it with \`edgecert logs -f ${holders[0]}\`, or start with --concurrency queue.`,
    }),
  planChanged: (run: string, was: string, is: string): Failure =>
    failure("plan-changed", "configuration", {
      title: `The definition of ${run} has changed since the run began`,
      detail: `The run's plan has digest ${was.slice(0, 12)}, the definition now gives ${is.slice(0, 12)}.`,
      next: `Resume with the definition as it was, or give back what the run holds: \`edgecert cancel ${run}\`.`,
    }),
  protocolChanged: (run: string, was: string, is: string): Failure =>
    failure("protocol-changed", "configuration", {
      title: `The run ${run} was begun by another edgecert`,
      detail: `It is recorded under ${was}; this one continues only what is recorded under ${is}.`,
      next: `Go on with the edgecert that began it, or give back its machines: \`edgecert list --machines --release ${run}\`.`,
    }),
  runFinished: (run: string): Failure =>
    failure("run-finished", "configuration", {
      title: `The run ${run} has finished`,
      detail: "All of its nodes have settled and nothing is owed.",
      next: "Start a new run.",
    }),
  notWaiting: (run: string, node: string, why: string): Failure =>
    failure("not-waiting", "configuration", {
      title: `${node} of ${run} cannot be decided`,
      detail: why,
      next: `\`edgecert status ${run}\` shows what waits for a decision.`,
    }),
  digestChanged: (run: string, sealed: string, given: string): Failure =>
    failure("digest-changed", "configuration", {
      title: `The decision is not about the certificate of ${run}`,
      detail: `The sealed certificate has digest ${sealed}, the decision names ${given}.`,
      next: "Read the sealed certificate again and decide on its digest.",
    }),
  rejected: (by: string, reason: string): Failure =>
    failure("rejected", "cancelled", {
      title: `Rejected by ${by}`,
      detail: reason === "" ? "No reason was given." : reason,
      next: "Nothing is published. A new run makes a new certificate.",
    }),
  approvalExpired: (at: string): Failure =>
    failure("approval-expired", "cancelled", {
      title: "Nobody decided in time",
      detail: `The approval expired at ${at}.`,
      next: "Start a new run, or raise `expires` on the approval.",
    }),
  decidedTooLate: (node: string, at: string): Failure =>
    failure("approval-expired", "configuration", {
      title: `The decision about ${node} comes too late`,
      detail: `The approval expired at ${at}.`,
      next: "Start a new run, or raise `expires` on the approval.",
    }),
  secretMissing: (name: string, detail: string): Failure =>
    failure("secret-missing", "configuration", {
      title: `The secret ${name} cannot be read`,
      detail,
      next: "Provide it where the definition says, then resume the run.",
    }),
  secretsUnknown: (names: readonly string[]): Failure =>
    failure("secrets-unknown", "configuration", {
      title: "The definition no longer says what must stay secret",
      detail: `The plan declares ${names.join(", ")}, which could stand in a result file.`,
      next: "Resume with the definition as it was, or start a new run.",
    }),
  diskFull: (place: string, detail: string): Failure =>
    failure("disk-full", "fatal", {
      title: "The disk of the run's database is full",
      detail: `${place}: ${detail}`,
      next: "Make room there (`edgecert prune --images 1h`), then resume the run: what was recorded is kept.",
    }),
  databaseLost: (detail: string): Failure =>
    failure("database-lost", "fatal", {
      title: "The run's database cannot be reached",
      detail,
      next: "Bring the database back, then resume the run.",
    }),
  takenOver: (run: string): Failure =>
    failure("taken-over", "fatal", {
      title: `Another worker has taken the run ${run} over`,
      detail: "This process was believed dead. It stops working on the run.",
      next: `Follow the run with \`edgecert logs ${run}\`.`,
    }),
} as const;

function seconds(milliseconds: number): string {
  return milliseconds >= 120_000 ? `${Math.round(milliseconds / 60_000)} minutes` : `${milliseconds / 1000} seconds`;
}
