import type { Cause, Certificate } from "../certificate-document.ts";
import type { ContrastLine } from "../contrast.ts";
import { capital, cellWords, plural } from "../wording.ts";

/** How a cell that failed differs from the nearest one that passed. */
export interface ContrastView {
  readonly title: string;
  readonly here: string;
  readonly there: string;
  readonly lines: readonly { readonly what: string; readonly here: string; readonly there: string }[];
  readonly more: string;
}

/** The contrasts by the letter of the cause that they explain: each stands with the first cause of its cell. */
export function contrastsByCause(certificate: Certificate): ReadonlyMap<string, readonly ContrastView[]> {
  const { causes, cells, contrasts, titles } = certificate;
  const words = new Map(cells.map((cell) => [cell.id, cellWords(cell.values, titles)]));
  const letters = firstCauses(causes);
  const views = contrasts.map((contrast) => ({
    letter: letters.get(contrast.cell) ?? "",
    view: {
      title: `Differs from ${words.get(contrast.nearest) ?? contrast.nearest}, which passed`,
      here: words.get(contrast.cell) ?? contrast.cell,
      there: words.get(contrast.nearest) ?? contrast.nearest,
      lines: contrast.differences.map((line) => ({
        what: whatWords(line),
        here: line.here || "absent",
        there: line.there || "absent",
      })),
      more: contrast.more === 0 ? "" : `${plural(contrast.more, "more difference")} in certificate.json.`,
    },
  }));
  const byLetter = Map.groupBy(views, ({ letter }) => letter);
  return new Map([...byLetter].map(([letter, own]) => [letter, own.map(({ view }) => view)]));
}

function firstCauses(causes: readonly Cause[]): ReadonlyMap<string, string> {
  const pairs = causes.flatMap((cause) => cause.cells.map((cell) => [cell, cause.letter] as const));
  return new Map(pairs.toReversed());
}

function whatWords({ what, name, role }: ContrastLine): string {
  const subject = what === "axis" || what === "package" ? name : capital(what);
  return `${subject}${role === "" ? "" : ` of ${role}`}`;
}
