import type { Certificate } from "../certificate-document.ts";

/**
 * The command that makes a cell again and keeps its servers, on lines that a shell joins; empty where no run of ours
 * made the results.
 */
export function reproduceCommand({ run, completeness }: Certificate, cell: string, test: string): string {
  if (completeness !== "planned") return "";
  const lines = [`edgecert reproduce ${quoted(run)} \\`, `  --cell ${quoted(cell)}`];
  return (test === "" ? lines : [...lines.slice(0, 1), `${lines[1]} \\`, `  --test ${quoted(test)}`]).join("\n");
}

/** A word as a POSIX shell takes it unchanged. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
