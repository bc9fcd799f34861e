import { join, resolve } from "node:path";
import { type ExportKind, exportKinds, exportsUnasked, writeExports } from "../../reports/exports/write.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import { UsageError } from "./exit.ts";
import { announce } from "./output.ts";

/** The kinds that a word of the command line names; a UsageError for one that there is not. */
export function exportKindsOf(word: string): readonly ExportKind[] {
  const names = word.split(",").map((name) => name.trim());
  if (names.includes("all")) return exportKinds;
  const wrong = names.filter((name) => !exportKinds.some((kind) => kind === name));
  if (wrong.length === 0) return exportKinds.filter((kind) => names.includes(kind));
  throw new UsageError(
    "No such export",
    wrong.map((name) => JSON.stringify(name)).join(", "),
    `choose from ${exportKinds.join(", ")}, with commas between them, or all`,
  );
}

/** Exports a certificate as asked for into a folder, and gives the paths; nothing where nothing was asked for. */
export async function exportAsked(
  sealed: SealedCertificate,
  word: string | undefined,
  folder: string,
): Promise<readonly string[]> {
  return word === undefined ? [] : writeExports(resolve(folder), sealed, exportKindsOf(word));
}

/**
 * Exports a certificate beside itself, into `exports` of its run's folder. What goes wrong is one line on standard error:
 * the certificate stands, and `edgecert report --export` makes the exports again.
 */
export async function exportUnasked(folder: string, sealed: SealedCertificate): Promise<void> {
  try {
    await writeExports(join(folder, "exports"), sealed, exportsUnasked(sealed));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    announce(
      `edgecert: the exports of ${sealed.certificate.run} could not be written: ${detail}; the certificate stands. Again: edgecert report ${sealed.certificate.run} --export all`,
    );
  }
}
