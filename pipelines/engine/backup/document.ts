import { z } from "zod";

/**
 * A backup is one gzip file of SQL that `psql` could run as well. What only we need stands in comments:
 *
 *   -- edgecert backup {Heading}          the first line
 *   --# 3                                 the next 3 lines are one statement
 *   create table ...
 *   copy "edgecert"."runs" (...) from stdin;
 *   ...rows...
 *   \.
 *   -- file {FileHeading}                 then its bytes
 *   -- data <base64>
 *   -- end {Ending}                       the last line, with a digest of all before it
 */
export const marks = {
  heading: "-- edgecert backup ",
  statement: "--# ",
  file: "-- file ",
  data: "-- data ",
  ending: "-- end ",
} as const;

/** The schemas that a backup holds: ours and that of DBOS. */
export const savedSchemas = ["edgecert", "dbos"] as const;

/** The tables whose rows are not saved: workers live and die with their machine. */
export const unsavedRows: ReadonlySet<string> = new Set(["edgecert.workers"]);

const heading = z.object({
  v: z.literal(1),
  /** Version of edgecert that made it. */
  edgecert: z.string(),
  /** As `server_version` says it. */
  postgres: z.string(),
  /** UTC, ISO 8601. */
  madeAt: z.string(),
});

const ending = z.object({
  rows: z.record(z.string(), z.number()),
  files: z.number(),
  /** In hex, of every byte before the line that says it. */
  sha256: z.string(),
});

const fileHeading = z.object({
  /** Relative to the home: `runs/<run>/...`. */
  path: z.string().regex(/^runs\/[a-z0-9-]+\/(?:[^/\0]+\/)*[^/\0]+$/),
  bytes: z.number(),
});

/** The first line of a backup. */
export type Heading = z.infer<typeof heading>;
/** The last line of a backup. */
export type Ending = z.infer<typeof ending>;
/** What stands before the bytes of a file. */
export type FileHeading = z.infer<typeof fileHeading>;

/** The heading that a line says; null where it says none that this version reads. */
export function headingOf(line: string): Heading | null {
  return decoded(line, marks.heading, heading);
}

/** The ending that a line says; null where it says none. */
export function endingOf(line: string): Ending | null {
  return decoded(line, marks.ending, ending);
}

/** The file that a line begins; null for any other line, and for a path that leaves the folder of a run. */
export function fileOf(line: string): FileHeading | null {
  const found = decoded(line, marks.file, fileHeading);
  return found === null || found.path.split("/").includes("..") ? null : found;
}

function decoded<Shape>(line: string, mark: string, schema: z.ZodType<Shape>): Shape | null {
  if (!line.startsWith(mark)) return null;
  try {
    return schema.safeParse(JSON.parse(line.slice(mark.length))).data ?? null;
  } catch {
    return null;
  }
}
