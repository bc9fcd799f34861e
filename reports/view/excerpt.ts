import { grouped } from "../wording.ts";

/** Characters of one text that stand open in the page; what is longer stands whole in the compressed block. */
const shownLimit = 16_000;

/** The text, or its beginning and end around a sentence that says how much stands elsewhere. */
export function excerpt(text: string): string {
  if (text.length <= shownLimit) return text;
  const half = shownLimit / 2;
  const left = text.length - 2 * half;
  const between = `… ${grouped(left)} characters of this text are kept compressed in this file and in certificate.json …`;
  return `${text.slice(0, half)}\n\n${between}\n\n${text.slice(-half)}`.toWellFormed();
}

/** Whether {@link excerpt} leaves something out. */
export function isCut(text: string): boolean {
  return text.length > shownLimit;
}
