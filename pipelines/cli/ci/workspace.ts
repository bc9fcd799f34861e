import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeExports } from "../../../reports/exports/write.ts";
import type { CiTold } from "./output.ts";

/** The folder, in the workspace of a job, that a CI takes files from: it takes none from elsewhere. */
export const ciFolder = "edgecert";

/** Puts page, JUnit file and other texts into that folder, one of which may stand for the page. Nothing is signed there. */
export async function fillWorkspace(
  workspace: string,
  { sealed, page }: CiTold,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = join(workspace, ciFolder);
  await mkdir(folder, { recursive: true });
  if (texts["certificate.html"] === undefined) await copyFile(page, join(folder, "certificate.html"));
  await writeExports(folder, sealed, {
    kinds: ["junit"],
    signer: () => Promise.reject(new Error("a CI's copy needs no signature")),
  });
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, name), text);
}
