/** Rows of cells as lines of text, each column as wide as its widest cell; nothing stands behind the last word. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/**
 * The same in so many columns at most: a last cell that does not fit goes on in lines of its own, below its row. What is
 * too wide without its last cell stays so.
 */
export function columnsWithin(rows: readonly (readonly string[])[], width: number): string[] {
  const before = columns(rows.map((cells) => cells.slice(0, -1)));
  const indent = Math.max(0, ...before.map((line) => line.length)) + 2;
  return rows.flatMap((cells, at) => {
    const [line = "", last = ""] = [before[at], cells.at(-1)];
    if (last === "") return [line];
    if (indent + last.length <= width) return [`${line.padEnd(indent)}${last}`];
    return [line, ...wrapped(`    ${last}`, width)];
  });
}

/** A line broken between words so that no piece is wider; what follows is indented by two more than the first. */
export function wrapped(line: string, width: number): string[] {
  const indent = " ".repeat(line.length - line.trimStart().length);
  const lines: string[] = [];
  let piece = "";
  for (const word of line.trim().split(" ")) {
    const longer = piece === "" ? `${indent}${lines.length === 0 ? "" : "  "}${word}` : `${piece} ${word}`;
    if (piece === "" || longer.length <= width) {
      piece = longer;
      continue;
    }
    lines.push(piece);
    piece = `${indent}  ${word}`;
  }
  return [...lines, piece];
}

/** How wide the output may be: the terminal, or 100 columns where there is none. */
export function outputWidth(): number {
  return process.stdout.columns ?? 100;
}
