import { type ReadTest, type TestStatus, textLimits } from "../results.ts";
import { annotated } from "./annotations.ts";
import { fitting } from "./lines.ts";
import type { ResultFile } from "./result-file.ts";
import { tapDiagnostic } from "./tap-diagnostic.ts";
import type { TapPoint } from "./tap-document.ts";

/** Where a point stands: the names of those above it, and whether one of them is still to do. */
export interface TapPlace {
  readonly above: readonly string[];
  readonly todo: boolean;
  readonly file: ResultFile;
  /** Whether every description ends with its time, as `bats --timing` writes it. */
  readonly timed: boolean;
}

/**
 * The results of a point: those of its sub-tests where it has some, and its own where it has none, or where it is not ok
 * though all of them are.
 */
export function tapResults(point: TapPoint, index: number, place: TapPlace): readonly ReadTest[] {
  const name = nameOf(point, index, place);
  const todo = place.todo || point.directive === "todo";
  const below = { ...place, above: [...place.above, name], todo };
  const children = point.children.flatMap((child, at) => tapResults(child, at, below));
  const alone = children.length === 0 || (!point.ok && !todo && point.directive !== "skip" && !children.some(isBad));
  if (alone) return [...children, resultOf(point, name, { ...place, todo })];
  point.said?.text.drop();
  point.yaml?.drop();
  return children;
}

function isBad({ status }: ReadTest): boolean {
  return status === "failed" || status === "error";
}

const timing = / in (\d+)ms$/;

/** Whether the descriptions of all points end with a time, which is no part of their names. */
export function areTimed(points: readonly TapPoint[]): boolean {
  return points.length > 0 && points.every(({ description }) => timing.test(description));
}

function nameOf({ description, number }: TapPoint, index: number, { timed }: TapPlace): string {
  return (timed ? description.replace(timing, "") : description) || `test ${number ?? index + 1}`;
}

function resultOf(point: TapPoint, name: string, place: TapPlace): ReadTest {
  const { file } = place;
  const status = statusOf(point, place.todo);
  const said = point.said?.text.shown() ?? { text: "", kept: null };
  const bad = status === "failed";
  const block = point.yaml?.shown() ?? null;
  const diagnostic = tapDiagnostic(block?.text ?? "");
  const timed = place.timed ? timing.exec(point.description)?.[1] : undefined;
  const kept = [
    ...(bad && block?.kept ? [{ of: "details" as const, ...block.kept }] : []),
    ...(bad && said.kept ? [{ of: "stdout" as const, ...said.kept }] : []),
  ];
  return {
    class: fitting(place.above.join(" > "), textLimits.name, file),
    name: fitting(name, textLimits.name, file),
    params: null,
    status,
    durationMs: diagnostic.durationMs ?? (timed === undefined ? point.durationMs : Number(timed)),
    message: fitting(
      messageOf(point, { status, told: diagnostic.message, said: said.text, todo: place.todo }),
      textLimits.message,
      file,
    ),
    details: bad ? (block?.text ?? "").trimEnd() : "",
    stdout: bad ? said.text.trimEnd() : "",
    location: diagnostic.location,
    ...(point.said === null ? {} : annotated(point.said.annotations.found())),
    ...(kept.length > 0 ? { kept } : {}),
  };
}

/** Because bats writes `not ok # SKIP` for what it skips (`--formatter tap13`), a skip is no failure; nor does it prove. */
function statusOf({ ok, directive }: TapPoint, todo: boolean): TestStatus {
  if (directive === "skip") return "skipped";
  if (ok) return "passed";
  return todo ? "skipped" : "failed";
}

function messageOf(
  { ok, directive, reason }: TapPoint,
  of: { readonly status: TestStatus; readonly told: string; readonly said: string; readonly todo: boolean },
): string {
  if (of.todo)
    return `${ok ? "Passed, though it is still to do" : "Still to do"}${reason === "" ? "." : `: ${reason}`}`;
  if (of.status !== "failed") return directive === "skip" ? reason : "";
  return of.told || of.said.trim().split("\n").slice(0, 20).join("\n");
}
