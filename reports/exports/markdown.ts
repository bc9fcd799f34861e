import type { Certificate, FailedTest } from "../certificate-document.ts";
import type { SealedCertificate } from "../seal.ts";
import { visibleText } from "../visible-text.ts";
import { plural } from "../wording.ts";
import { testTitle } from "./test-rows.ts";

/** Bytes that a summary never exceeds: what the checks of GitHub take at most is 65,535. */
export const summaryLimit = 65_000;

/** One part of the summary: lines that stay together, then lines that may be cut with words. */
interface Part {
  readonly head: readonly string[];
  readonly rows: readonly string[];
  /** What the rows are, such as `cells`. */
  readonly what: string;
}

/**
 * The certificate in GitHub-flavoured Markdown, always shorter than {@link summaryLimit}: what does not fit is counted.
 * Texts from outside stand in code, with every character that Markdown or HTML could read as its own written as a number.
 */
export function markdown({ certificate, digest }: SealedCertificate, limit: number = summaryLimit): string {
  const foot = `\nRun ${code(certificate.run)}, certificate sha256 ${code(digest)}\n`;
  let room = limit - bytes(foot);
  let text = "";
  for (const part of partsOf(certificate)) {
    const written = fitted(part, room);
    text += written;
    room -= bytes(written);
  }
  return text + foot;
}

function fitted({ head, rows, what }: Part, room: number): string {
  const more = (left: number) => `\n… and ${left} more ${what}: see the certificate\n`;
  const reserve = bytes(more(rows.length));
  let text = `${head.join("\n")}\n`;
  if (bytes(text) + reserve > room) return "";
  for (const [index, row] of rows.entries()) {
    const longer = `${text}${row}\n`;
    if (bytes(longer) + reserve > room) return text + more(rows.length - index);
    text = longer;
  }
  return text;
}

function partsOf(certificate: Certificate): readonly Part[] {
  const { product, headline, cells, causes, waivers, coverage, leftovers } = certificate;
  const mark = headline.lead === "Certified" ? "✅" : "❌";
  const version = product.version === null ? "" : ` ${code(product.version)}`;
  const sources = certificate.sources.map(({ name, commit }) => `${code(name)} at ${code(commit.slice(0, 12))}`);
  return [
    part([
      `## ${mark} ${escaped(`${headline.lead}: ${headline.rest}`)}`,
      "",
      `${code(product.name)}${version} ${sources.join(", ")}`,
    ]),
    table("cells", ["Cell", "Verdict", "Passed", "Failed", "Skipped", "Why"], cells.map(cellRow)),
    ...causes.map((cause) => causePart(cause, certificate.failures)),
    ...(waivers.length === 0
      ? []
      : [table("waivers", ["Waiver", "Ticket", "Approver", "Until", "Reason"], waivers.map(waiverRow))]),
    ...differenceParts(certificate),
    ...(coverage === null ? [] : [coveragePart(coverage)]),
    part(["", leftovers === null ? "What is left over could not be listed." : `Left over: ${leftovers.length}`]),
  ];
}

function part(head: readonly string[]): Part {
  return { head, rows: [], what: "" };
}

function table(what: string, columns: readonly string[], rows: readonly (readonly string[])[]): Part {
  const line = (fields: readonly string[]) => `| ${fields.join(" | ")} |`;
  return { head: ["", line(columns), line(columns.map(() => "---"))], rows: rows.map(line), what };
}

function cellRow({ id, verdict, tests, reason }: Certificate["cells"][number]): readonly string[] {
  const counts = [tests.passed, tests.failed + tests.error, tests.skipped].map(String);
  return [code(id), `${marks[verdict]} ${verdict.replaceAll("-", " ")}`, ...counts, code(reason)];
}

const marks: Readonly<Record<Certificate["verdict"], string>> = {
  passed: "✅",
  "passed-with-retries": "⚠️",
  failed: "❌",
  inconclusive: "❔",
  "not-run": "⛔",
  "not-applicable": "➖",
};

function causePart(
  { letter, title, cells, tests }: Certificate["causes"][number],
  failures: readonly FailedTest[],
): Part {
  const of = new Set(tests);
  const rows = failures
    .filter(({ anchor }) => of.has(anchor))
    .map((failure) => `- ${code(testTitle(failure))} in ${code(failure.node)}: ${code(firstLine(failure.message))}`);
  const where =
    cells.length === 0
      ? ""
      : `, in ${cells.slice(0, 20).map(code).join(", ")}${cells.length > 20 ? " and others" : ""}`;
  return {
    head: ["", `### Cause ${code(letter)}: ${code(title)}`, "", `${plural(tests.length, "test")}${where}`, ""],
    rows,
    what: "tests",
  };
}

function waiverRow({ letter, ticket, approver, expires, reason }: Certificate["waivers"][number]): readonly string[] {
  return [letter, ticket, approver, expires, reason].map(code);
}

function differenceParts({ difference }: Certificate): readonly Part[] {
  if (difference === null) return [];
  const { previous, newlyFailing, stillFailing, fixed, removed, added, more } = difference;
  const count = (list: readonly unknown[], left = 0) => list.length + left;
  const counts = [
    `${count(newlyFailing)} newly failing`,
    `${count(stillFailing)} still failing`,
    `${count(fixed, more.fixed)} fixed`,
    `${count(removed, more.removed)} removed`,
    `${count(added, more.added)} added`,
  ];
  return [part(["", `Since ${code(previous.run)}: ${counts.join(", ")}`])];
}

function coveragePart({ requirements, scenarios, orphans }: NonNullable<Certificate["coverage"]>): Part {
  const gaps = scenarios.filter(({ cells }) => cells.length === 0);
  const proved = requirements.filter(({ verdict }) => verdict.startsWith("passed")).length;
  const head = [
    "",
    `Requirements: ${proved} of ${requirements.length} proved; ${plural(gaps.length, "scenario")} without a test, ${plural(orphans.length, "test")} without a scenario`,
    "",
  ];
  return { head, rows: gaps.map(({ id, title }) => `- no test: ${code(id)} ${code(title)}`), what: "gaps" };
}

function firstLine(message: string): string {
  const line = message.split("\n").find((one) => one.trim() !== "") ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** Longest text from outside, in characters. */
const longest = 600;

/** Because names in code are neither mentions nor links, whatever they hold. */
function code(text: string): string {
  const safe = escaped(text);
  return safe === "" ? "" : `<code>${safe}</code>`;
}

function escaped(text: string): string {
  const flat = visibleText(text).replace(/\s+/g, " ").trim();
  const short = flat.length > longest ? `${flat.slice(0, longest).toWellFormed()}…` : flat;
  return short.replace(/[\\`*_{}[\]<>#|~@:&$]|(?<=www)\./gi, (character) => `&#${character.charCodeAt(0)};`);
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
