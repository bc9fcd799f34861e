import { FailureError } from "./failure.ts";

/** One mistake: a short line, the offending value, and what to write instead. */
export interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly next: string;
}

/** Every mistake of a definition and of its parameters, at once. Never thrown without a problem. */
export class PlanError extends FailureError {
  readonly problems: readonly Problem[];

  constructor(pipeline: string, problems: readonly Problem[]) {
    super({
      reason: "wrong-definition",
      class: "configuration",
      title: `${pipeline} cannot be planned: ${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}`,
      detail: problems.map((problem, index) => `${index + 1}. ${problem.title}: ${problem.detail}`).join("\n"),
      next: [...new Set(problems.map((problem) => problem.next))].join("\n"),
    });
    this.problems = problems;
  }
}
