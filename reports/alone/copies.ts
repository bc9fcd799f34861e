import type { Remark } from "../certificate-document.ts";
import { named } from "./remarks.ts";
import type { SuiteReading } from "./suite-reading.ts";

/** So many different times in a file do not come out alike twice. */
const timesThatTell = 3;

/**
 * The readings, with those marked as damaged whose file is also evidence of another cell, times included: one server
 * cannot have taken as long as another to the millisecond, so one file is a copy, and nobody knows of which.
 */
export function withoutCopies(readings: readonly SuiteReading[]): readonly SuiteReading[] {
  const cells = new Map<string, Map<string, string>>();
  for (const { cell, files } of readings)
    for (const { sha256, path } of files) cells.set(sha256, (cells.get(sha256) ?? new Map()).set(cell, path));
  return readings.map((reading) => {
    const copied = reading.files.find(({ sha256 }) => (cells.get(sha256)?.size ?? 0) > 1);
    if (copied === undefined || !tellsTimes(reading)) return reading;
    const others = [...(cells.get(copied.sha256) ?? [])].flatMap(([cell, path]) =>
      cell === reading.cell ? [] : [path],
    );
    const damaged = `${copied.path} holds the very bytes of ${named(others)}, times included: it is a copy, or was copied.`;
    return { ...reading, damaged: reading.damaged ?? damaged };
  });
}

function tellsTimes({ tests }: SuiteReading): boolean {
  const times = new Set<number>();
  for (const { durationMs } of tests) {
    if (durationMs !== null && durationMs > 0) times.add(durationMs);
    if (times.size >= timesThatTell) return true;
  }
  return false;
}

/** Files that hold the same bytes: each stands for its own suite, and a reader should know. */
export function sameBytesRemarks(readings: readonly SuiteReading[]): readonly Remark[] {
  const all = readings.flatMap(({ files }) => files).filter(({ bytes }) => bytes > 0);
  const groups = [...Map.groupBy(all, ({ sha256 }) => sha256).values()].filter((same) => same.length > 1);
  return groups.map((same) => ({
    what: "Same bytes",
    where: same[0]?.path ?? "",
    detail: `${named(same.map(({ path }) => path))} hold the same bytes.`,
    effect: "none",
  }));
}
