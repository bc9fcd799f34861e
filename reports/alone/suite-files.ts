import type { ResultFormat } from "../../pipelines/dsl/request.ts";
import type { Standing } from "./standing.ts";
import type { FoundFile } from "./survey.ts";

/** A file that counts as evidence. */
export interface EvidencePart {
  readonly file: FoundFile;
  readonly standing: Exclude<Standing, { readonly kind: "other" }>;
}

/** The files of one suite of one cell, in the order of their paths. */
export interface SuiteFiles {
  readonly cell: string;
  readonly suite: string;
  readonly format: ResultFormat;
  readonly parts: readonly EvidencePart[];
}

/** More files of one ending than this in one folder are one suite: nobody reads a page of thousands of suites. */
const filesPerFolder = 250;

/** The id of the cell that a folder is: its path, and `.` for the folder of results itself. */
export function cellOf(folder: string): string {
  return folder === "" ? "." : folder;
}

/** The name of the suite that a file holds: its own without its ending. */
export function suiteName(file: string): string {
  return file.replace(/(?<=.)\.(xml|json|jsonl|ndjson|tap)(\.[a-z0-9]+)?$/i, "");
}

/**
 * Puts files into suites. A file is a suite named after it. The files that Maven, Gradle and others write per class
 * (`TEST-….xml`) are one suite of their folder, and so are the many of a folder that holds hundreds. Two files never
 * share a suite because their names begin alike: then both keep their endings.
 */
export function suiteFiles(parts: readonly EvidencePart[]): readonly SuiteFiles[] {
  const folders = Map.groupBy(parts, ({ file }) => file.folder);
  return [...folders].flatMap(([folder, own]) => suitesOf(folder, own));
}

function suitesOf(folder: string, parts: readonly EvidencePart[]): readonly SuiteFiles[] {
  const endings = new Map<string, number>();
  for (const { file } of parts) endings.set(endingOf(file.name), (endings.get(endingOf(file.name)) ?? 0) + 1);
  const named = Map.groupBy(parts, ({ file }) => {
    if (/^TEST-.*\.xml$/i.test(file.name)) return "TEST-*.xml";
    const ending = endingOf(file.name);
    return (endings.get(ending) ?? 0) > filesPerFolder ? `*${ending}` : file.name;
  });
  const short = Map.groupBy(named.keys(), suiteName);
  return [...named].map(([name, own]) => ({
    cell: cellOf(folder),
    suite: short.get(suiteName(name))?.length === 1 && !name.includes("*") ? suiteName(name) : name,
    format: formatOfAll(own),
    parts: own,
  }));
}

/** Because a suite has one format, the first that was recognised stands for all; JUnit's where none was. */
function formatOfAll(parts: readonly EvidencePart[]): ResultFormat {
  for (const { standing } of parts) if (standing.kind === "results") return standing.format;
  return "junit-xml";
}

function endingOf(name: string): string {
  return /(?<=.)\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? "";
}
