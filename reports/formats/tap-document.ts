import { textLimits } from "../results.ts";
import { type AnnotationCollector, annotationCollector } from "./annotations.ts";
import { LongText } from "./long-text.ts";
import type { ResultFile } from "./result-file.ts";
import type { TapPointLine } from "./tap-line.ts";

/** Output and comments that belong to a point. */
export interface TapSaid {
  readonly text: LongText;
  readonly annotations: AnnotationCollector;
}

/** A test point with what was said about it. */
export interface TapPoint extends TapPointLine {
  /** Its YAML block; null where it has none. */
  yaml: LongText | null;
  said: TapSaid | null;
  readonly children: readonly TapPoint[];
}

/** The points of one level of indentation, under one plan. */
export interface TapDocument {
  readonly points: TapPoint[];
  plan: { readonly count: number; readonly skip: string | null } | null;
  /** A level below whose point has not come yet. */
  child: TapDocument | null;
  /** Whether the level below belongs to the last point, in braces. */
  braces: boolean;
}

/** A level in which nothing was said yet. */
export function tapDocument(): TapDocument {
  return { points: [], plan: null, child: null, braces: false };
}

/** A test point that begins. */
export function tapPoint(line: TapPointLine, said: TapSaid | null, children: readonly TapPoint[]): TapPoint {
  return { ...line, yaml: null, said, children };
}

/** What was said before and one text more. */
export function saying(said: TapSaid | null, text: string, file: ResultFile): TapSaid {
  const all = said ?? {
    text: new LongText(file, textLimits.stdout, () => "output of a test"),
    annotations: annotationCollector(),
  };
  all.text.add(text);
  all.annotations.output(text);
  return all;
}

/** Why a level is not whole, one sentence each; `name` says which one it is. */
export function tapProblems({ points, plan, child }: TapDocument, name: string): readonly string[] {
  const problems: string[] = [];
  const what = name === "" ? "The plan" : `The plan of "${name}"`;
  if (plan === null) problems.push(`${what} is missing: nobody knows how many tests there should be.`);
  else if (plan.count !== points.length) {
    problems.push(`${what} says ${plan.count} tests, ${points.length} were found.`);
  }
  if (child !== null) problems.push("Sub-tests were found whose own test is missing.");
  const seen = new Set<number>();
  for (const [index, { number }] of points.entries()) {
    const own = number ?? index + 1;
    if (seen.has(own)) problems.push(`The test number ${own} was found twice.`);
    else if (own < 1 || own > Math.max(points.length, plan?.count ?? 0)) {
      problems.push(`The test number ${own} is outside of the plan.`);
    }
    seen.add(own);
  }
  return problems;
}
