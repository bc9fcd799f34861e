import { existsSync } from "node:fs";
import { listSnapshots, removeSnapshot } from "../../../infra/hosts/snapshot-store.ts";
import {
  type ImageSupply,
  imageSupplies,
  removeImage,
  removeSupply,
  storedImages,
} from "../../../infra/images/store.ts";
import type { Failure } from "../../dsl/failure.ts";
import type { Pruned } from "./pruning.ts";

/** Which images go. */
export interface ImageChoice {
  /** Images, and what they are made from, that were last used before that time go. */
  readonly usedBefore: Date;
  /** Only says what would go. */
  readonly dryRun: boolean;
}

/** How long the removal of one image may wait for a build of it, in milliseconds. */
const patienceMs = 60_000;

/**
 * Removes saved machines that no server has started from for long, images that nobody uses and has not used for long, those that no request finds any more, and what builds left
 * behind. An image of a running server, or one that somebody asks for or builds at the moment, stays.
 */
export async function pruneImages(home: string, choice: ImageChoice, tell: (what: Pruned) => void): Promise<void> {
  const old = ({ lastUsedAt }: { readonly lastUsedAt: string }) => lastUsedAt < choice.usedBefore.toISOString();
  for (const snapshot of await listSnapshots(home)) {
    const { record, bytes, lastUse } = snapshot;
    if (lastUse >= choice.usedBefore && existsSync(record.imageDisk)) continue;
    const what = { kind: "snapshot", name: record.key.slice(0, 16), bytes, detail: record.os } as const;
    await told(what, choice, tell, async () => {
      await removeSnapshot(home, record.key);
      return undefined;
    });
  }
  for (const image of await storedImages(home)) {
    if (image.usedBy.length > 0 || !(old(image) || image.state === "outdated")) continue;
    const detail = [image.os, ...image.packages].join(" + ");
    const what = { kind: "image", name: image.id, bytes: image.bytes, detail } as const;
    await told(what, choice, tell, (signal) => removeImage(home, image, signal));
  }
  for (const supply of await imageSupplies(home)) {
    if (!old(supply) && supply.kind !== "leftover") continue;
    const what = { kind: "rest", name: supply.path, bytes: supply.bytes, detail: words[supply.kind] } as const;
    await told(what, choice, tell, async (signal) => {
      await removeSupply(supply, signal);
      return undefined;
    });
  }
}

const words: Readonly<Record<ImageSupply["kind"], string>> = {
  base: "what images are built on",
  archives: "packages fetched for images",
  download: "an image that was fetched",
  leftover: "left by a build that was killed",
  log: "the log of a build",
};

async function told(
  what: Omit<Pruned, "action">,
  { dryRun }: ImageChoice,
  tell: (what: Pruned) => void,
  remove: (signal: AbortSignal) => Promise<Failure | undefined>,
): Promise<void> {
  try {
    const refused = dryRun ? undefined : await remove(AbortSignal.timeout(patienceMs));
    // Because somebody has begun to use it since it was listed, it stays like all that are in use.
    if (refused === undefined) tell({ ...what, action: "removed" });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    tell({ ...what, action: "failed", bytes: 0, detail });
  }
}
