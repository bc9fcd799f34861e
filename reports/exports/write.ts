import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { certificateText, type SealedCertificate } from "../seal.ts";
import { writeWhole } from "../whole-file.ts";
import { bundle, bundleName } from "./attestation/bundle.ts";
import type { Signer } from "./attestation/dsse.ts";
import { isAttestable } from "./attestation/statement.ts";
import schema from "./certificate.schema.json" with { type: "json" };
import { chunks } from "./chunks.ts";
import { coverageCsv, testsCsv } from "./csv.ts";
import { ctrf } from "./ctrf.ts";
import { junit } from "./junit.ts";
import { markdown } from "./markdown.ts";

/** What a certificate can be exported as. */
export const exportKinds = ["json", "ctrf", "junit", "markdown", "csv", "in-toto"] as const;

export type ExportKind = (typeof exportKinds)[number];

/** Those that hold every test, and so grow with them. */
const listing: ReadonlySet<ExportKind> = new Set(["ctrf", "junit", "csv"]);

/** Tests above which a run's own folder gets no listing exports, which nobody may have asked for: some 20 MB of each. */
export const mostTestsUnasked = 50_000;

/** What is exported beside a certificate that nobody asked an export of: the certificate itself stands there already. */
export function exportsUnasked({ certificate }: SealedCertificate): readonly ExportKind[] {
  const tests = certificate.suites.reduce((sum, suite) => sum + suite.tests.length, 0);
  return exportKinds.filter((kind) => kind !== "json" && (tests <= mostTestsUnasked || !listing.has(kind)));
}

/**
 * Writes exports of a certificate into a folder, each file whole or not at all, and gives their paths: no attestations
 * where the certificate names neither package nor source that they could be about.
 */
export async function writeExports(
  folder: string,
  sealed: SealedCertificate,
  { kinds, signer }: ExportRequest,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (const kind of kinds) {
    // Because an empty bundle would look like attestations that were cut.
    if (kind === "in-toto" && !isAttestable(sealed.certificate)) continue;
    const files = kind === "in-toto" ? [[bundleName, bundle(sealed, await signer())] as const] : filesOf(kind, sealed);
    for (const [name, text] of files) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeWhole(path, typeof text === "string" ? text : chunks(text));
      written.push(path);
    }
  }
  return written;
}

/** What to export, and who signs attestations, asked only where there are some. */
export interface ExportRequest {
  readonly kinds: readonly ExportKind[];
  signer(): Promise<Signer>;
}

type File = readonly [name: string, text: string | Iterable<string>];

function filesOf(kind: Exclude<ExportKind, "in-toto">, sealed: SealedCertificate): readonly File[] {
  const { certificate } = sealed;
  switch (kind) {
    case "json":
      return [
        ["certificate.json", certificateText(certificate)],
        ["certificate.schema.json", `${JSON.stringify(schema, null, 2)}\n`],
      ];
    case "ctrf":
      return [["ctrf.json", ctrf(certificate)]];
    case "junit":
      return [["junit.xml", junit(certificate)]];
    case "markdown":
      return [["summary.md", markdown(sealed)]];
    case "csv":
      return [
        ["tests.csv", testsCsv(certificate)],
        ...(certificate.coverage === null ? [] : [["coverage.csv", coverageCsv(certificate)] as const]),
      ];
  }
}
