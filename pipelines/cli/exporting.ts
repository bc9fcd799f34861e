import { join, resolve } from "node:path";
import type { Signer } from "../../reports/exports/attestation/dsse.ts";
import { isAttestable } from "../../reports/exports/attestation/statement.ts";
import { type ExportKind, exportKinds, exportsUnasked, writeExports } from "../../reports/exports/write.ts";
import type { SealedCertificate } from "../../reports/seal.ts";
import { UsageError } from "./exit.ts";
import { homeFolder, runFolder } from "./home.ts";
import { announce } from "./output.ts";
import { signingKey } from "./signing-key.ts";

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
  if (word === undefined) return [];
  const kinds = exportKindsOf(word);
  if (kinds.includes("in-toto") && !isAttestable(sealed.certificate)) {
    announce("edgecert: nothing to attest: the certificate names neither package nor source");
  }
  return writeExports(resolve(folder), sealed, { kinds, signer: () => signer(homeFolder()) });
}

/**
 * Exports a certificate beside itself, into `exports` of its run's folder. What goes wrong is one line on standard error:
 * the certificate stands, and `edgecert report --export` makes the exports again.
 */
export async function exportUnasked(home: string, sealed: SealedCertificate): Promise<void> {
  const { run } = sealed.certificate;
  const folder = join(runFolder(home, run), "exports");
  const wrong = new Set<string>();
  for (const kind of exportsUnasked(sealed)) {
    // Because one that cannot be written, such as for want of a key, says nothing about the others.
    await writeExports(folder, sealed, { kinds: [kind], signer: () => signer(home) }).catch((error: unknown) =>
      wrong.add(error instanceof Error ? error.message : String(error)),
    );
  }
  if (wrong.size === 0) return;
  const why = [...wrong].join("; ");
  announce(
    `edgecert: not all exports of ${run} could be written: ${why}. The certificate stands. Again: edgecert report ${run} --export all`,
  );
}

async function signer(home: string): Promise<Signer> {
  return (await signingKey(home)).signer;
}
