import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CloudImage } from "../../pipelines/dsl/request.ts";
import { InfraError } from "../failure.ts";
import { withLock } from "../hosts/lock.ts";
import { writeRecord } from "../hosts/record-file.ts";
import type { Build } from "./build.ts";
import { claimImage } from "./claims.ts";
import { download } from "./download.ts";
import { badCloudImage } from "./failures.ts";
import type { ImageIo } from "./image.ts";
import { type ImageRecord, recordPath } from "./image-record.ts";
import { publish } from "./partial.ts";
import type { ImageRequest } from "./recipe.ts";
import { trustedAuthorities } from "./surroundings.ts";

/** What is wrong with the words of a cloud image, each naming its value; empty where nothing is. Pure. */
export function cloudImageMistakes(os: string, image: CloudImage): readonly string[] {
  const url = URL.canParse(image.url) ? new URL(image.url) : undefined;
  const mistakes = [
    ["http:", "https:", "file:"].includes(url?.protocol ?? "") ||
      `url ${JSON.stringify(image.url)}: http, https or file`,
    /^[0-9a-f]{64}$/.test(image.sha256) || `sha256 ${JSON.stringify(image.sha256)}: 64 hex digits in lower case`,
    ["qcow2", "raw"].includes(image.format) || `format ${JSON.stringify(image.format)}: qcow2 or raw`,
    /^[a-z0-9]+-[a-z0-9.-]+$/.test(os) || `os ${JSON.stringify(os)}: a name such as debian-12`,
  ];
  return mistakes.filter((mistake) => mistake !== true).map(String);
}

/** Throws an InfraError unless a cloud image is described well. */
export function checkCloudImage(os: string, image: CloudImage): void {
  const mistakes = cloudImageMistakes(os, image);
  if (mistakes.length > 0) throw new InfraError(badCloudImage(mistakes));
}

/** A request for an image that somebody else made. */
export type CloudRequest = ImageRequest & { readonly image: CloudImage };

/**
 * Fetches a cloud image into the cache, where it appears at `folder` only with the digest that was asked for. What was
 * fetched before a lost connection or a kill is kept, and gone on with.
 */
export async function fetchCloudImage(
  request: CloudRequest,
  at: { readonly folder: string; readonly build: Build },
  io: ImageIo,
): Promise<ImageRecord> {
  const { image } = request;
  const started = Date.now();
  const downloads = join(io.home, "images", "downloads");
  const path = join(downloads, `${image.sha256}.part`);
  const disk = join(at.build.folder, `disk.${image.format}`);
  await mkdir(downloads, { recursive: true });
  // Because the same file may be fetched under the name of another system, or be removed from what is kept.
  await withLock(`image ${path}`, io.signal, async () => {
    await download(image, path, {
      signal: io.signal,
      note: (text) => io.note(text),
      authorities: trustedAuthorities(),
    });
    await rename(path, disk);
  });
  const record: ImageRecord = {
    ...{ v: 2, digest: image.sha256, build: randomBytes(8).toString("hex"), contents: image.sha256, packages: [] },
    ...{ os: request.os, architecture: request.architecture ?? "amd64", kernelVersion: "" },
    ...{ boot: "disk", seed: "nocloud", format: image.format },
    seconds: Math.round((Date.now() - started) / 100) / 10,
    builtAt: new Date().toISOString(),
  };
  await writeRecord(recordPath(at.build.folder), record);
  await claimImage(at.build.folder);
  await rm(at.folder, { recursive: true, force: true });
  await publish(at.build.folder, at.folder, [disk]);
  return record;
}
