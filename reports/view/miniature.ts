import type { Cause, Certificate } from "../certificate-document.ts";
import { counted, valueWords } from "../wording.ts";
import { type CauseMark, causeMark } from "./mark.ts";
import { matrixView } from "./matrix.ts";

/**
 * A cause in the matrix, as small as it goes. `rows` of marks where the matrix is small enough to be recognised; from 25
 * cells on, or in another shape, `systems` in words.
 */
export interface MiniatureView {
  readonly rows: readonly {
    readonly words: string;
    readonly hit: boolean;
    readonly marks: readonly (CauseMark | "dot" | "none")[];
  }[];
  readonly systems: readonly { readonly words: string; readonly hit: string }[];
}

/** From so many cells on, small pictures of the matrix are not readable any more. */
export const manyCells = 25;

/** Makes the miniature of any cause of a certificate; null where the matrix is too small to need one. */
export function miniatures(certificate: Certificate): (cause: Cause) => MiniatureView | null {
  const { cells, axes, titles } = certificate;
  const { columns, rows, form } = matrixView(certificate);
  const anchors = new Map(cells.map((cell) => [cell.id, cell.anchor]));
  const bySystem = Map.groupBy(cells, (cell) => cell.values[axes[0]?.name ?? ""] ?? "");
  if (rows.length * columns.length < 4) return () => null;
  if (cells.length >= manyCells || form === "groups" || columns.length > 5 || rows.length > 12) {
    return (cause) => {
      const hit = new Set(cause.cells);
      const systems = [...bySystem].flatMap(([system, own]) => {
        const some = own.filter((cell) => hit.has(cell.id)).length;
        const words =
          some === own.length ? (some === 1 ? "its cell" : `all ${counted(some)}`) : `${some} of ${own.length}`;
        return some === 0 ? [] : [{ words: valueWords(system, titles), hit: words }];
      });
      return { rows: [], systems: systems.length === bySystem.size && hit.size === cells.length ? [] : systems };
    };
  }
  return (cause) => {
    const hit = new Set(cause.cells.map((id) => anchors.get(id) ?? ""));
    return {
      systems: [],
      rows: rows.map(({ words, cells: fields }) => ({
        words,
        hit: fields.some((field) => hit.has(field.anchor)),
        marks: fields.flatMap(({ anchor, mark, span }) => {
          const green = mark === "passed" || mark === "passed-with-retries" ? "dot" : "none";
          return Array.from({ length: span }, () => (hit.has(anchor) ? causeMark(cause.verdict) : green));
        }),
      })),
    };
  };
}
