import { constants } from "node:fs";
import { copyFile, mkdir, rename } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { StageContext } from "../../dsl/context.ts";
import type { FileReference } from "../../dsl/event.ts";
import type { Failure } from "../../dsl/failure.ts";
import type { Json } from "../../dsl/json.ts";
import type { PlanReproduction } from "../../dsl/plan-document.ts";
import { digestOf } from "../../stages/source.ts";
import { runFolder } from "../home.ts";

/** A file of a run's folder that an output names, with the digest that it must have. */
export type Recalled = Pick<FileReference, "path" | "sha256">;

/** What can go wrong while something is taken from an earlier run. */
export const recallFailures = {
  gone: (run: string, path: string): Failure => ({
    reason: "recalled-file-gone",
    class: "configuration",
    title: `${run} does not have ${path} any more`,
    detail: "it was removed from the folder of that run",
    next: "Certify the cell anew, and repeat that run.",
  }),
  changed: (run: string, { path, sha256 }: Recalled, found: string): Failure => ({
    reason: "recalled-file-changed",
    class: "configuration",
    title: `${path} of ${run} is not what was certified`,
    detail: `its sha256 was ${sha256}, now it is ${found}`,
    next: "Certify the cell anew, and repeat that run.",
  }),
};

/**
 * Does what a node of the earlier run did by taking what it gave: its files, compared by sha256 before and after they
 * are copied, its output, and what it told about sources and packages. Safe to repeat.
 */
export async function recall(of: PlanReproduction, ctx: StageContext): Promise<Json | undefined> {
  const found = of.recalled[ctx.node];
  if (found === undefined) throw new Error(`${ctx.node} is not recalled`);
  for (const file of filesIn(found.output)) {
    const failure = await unusable(ctx.home, of.run, file);
    if (failure !== null) ctx.fail(failure);
    const place = join(ctx.folder, file.path);
    const draft = join(ctx.attemptFolder, posix.basename(file.path));
    await mkdir(dirname(place), { recursive: true });
    await copyFile(join(runFolder(ctx.home, of.run), file.path), draft, constants.COPYFILE_FICLONE);
    const { sha256 } = await digestOf(draft);
    if (sha256 !== file.sha256) ctx.fail(recallFailures.changed(of.run, file, sha256));
    await rename(draft, place);
  }
  for (const body of found.told) ctx.emit(body);
  ctx.note(`taken from ${of.run}, with the same bytes`);
  return found.output ?? undefined;
}

/** Why a file of a run cannot be used; null where it is there with its digest. */
export async function unusable(home: string, run: string, file: Recalled): Promise<Failure | null> {
  const digest = await digestOf(join(runFolder(home, run), file.path)).catch(() => null);
  if (digest === null) return recallFailures.gone(run, file.path);
  return digest.sha256 === file.sha256 ? null : recallFailures.changed(run, file, digest.sha256);
}

/** Every file that an output names by path and digest, at any depth; one that leaves the run's folder is left out. */
export function filesIn(output: Json | undefined): readonly Recalled[] {
  if (typeof output !== "object" || output === null) return [];
  if (Array.isArray(output)) return output.flatMap((part) => filesIn(part));
  const { path, sha256 } = { path: undefined, sha256: undefined, ...output };
  const own = typeof path === "string" && typeof sha256 === "string" && isInside(path) ? [{ path, sha256 }] : [];
  return [...own, ...Object.values(output).flatMap((part) => filesIn(part))];
}

function isInside(path: string): boolean {
  const plain = posix.normalize(path);
  return !posix.isAbsolute(plain) && plain !== ".." && !plain.startsWith("../");
}
