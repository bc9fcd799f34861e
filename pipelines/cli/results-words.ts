import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { type Expectation, type ExpectationProblem, readExpectation } from "../../reports/alone/expectation.ts";
import { FailureError } from "../dsl/failure.ts";
import { UsageError } from "./exit.ts";

/** The absolute path of the folder of results; null where there is none. A UsageError where it is something else. */
export function resultsFolder(word: string): string | null {
  const stat = statSync(word, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isDirectory()) throw new UsageError("--results is no folder", word, "name the folder that holds the files");
  return realpathSync(word);
}

/**
 * The absolute path of the page to write: `certificate.html` here, or in the folder that was named. A UsageError where it
 * would lie among the results, whose next reading would take it for evidence.
 */
export function pageOf(word: string | undefined, results: string): string {
  const named = resolve(word ?? ".");
  const isFolder = statSync(named, { throwIfNoEntry: false })?.isDirectory() === true;
  const page = isFolder ? join(named, "certificate.html") : named;
  if (!/^\.html?$/i.test(extname(page))) throw new UsageError("--out is no page", page, "let it end in .html");
  const folder = realFolder(dirname(page));
  if (folder === results || folder.startsWith(results + sep)) {
    const next = `write it elsewhere: --out ${join(dirname(results), "certificate.html")}`;
    throw new UsageError("The certificate would lie among the results", `${page} is below ${results}`, next);
  }
  return join(folder, basename(page));
}

/** Because a link may lead into the folder of results, the nearest folder that exists is looked at by its real path. */
function realFolder(folder: string): string {
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return realpathSync(folder);
  const above = dirname(folder);
  return above === folder ? folder : join(realFolder(above), basename(folder));
}

/** What a file says must be there. A UsageError where it cannot be read, a WrongExpectation with every mistake in it. */
export function expectationOf(file: string): Expectation {
  const read = readExpectation(textOf(file));
  if ("problems" in read) throw new WrongExpectation(file, read.problems);
  return read.expectation;
}

/** Every mistake of a list of what is expected, at once. */
class WrongExpectation extends FailureError {
  readonly problems: readonly ExpectationProblem[];

  constructor(file: string, problems: readonly ExpectationProblem[]) {
    const title = `${file} does not say what is expected: ${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}`;
    const detail = problems.map((problem) => `${problem.title}: ${problem.detail}`).join("\n");
    super({ reason: "wrong-expectation", class: "configuration", title, detail, next: "see edgecert report --help" });
    this.problems = problems;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new UsageError("--expect cannot be read", detail, "name a JSON file; see edgecert report --help");
  }
}
