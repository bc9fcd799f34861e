import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readRecord } from "../hosts/record-file.ts";
import type { Image } from "./image.ts";
import { type ImageRequest, imageKey } from "./recipe.ts";

const imageRecord = z.object({
  v: z.literal(2),
  digest: z.string(),
  build: z.string(),
  os: z.string(),
  architecture: z.enum(["amd64", "arm64"]),
  packages: z.array(z.string()),
  kernelVersion: z.string(),
  /** sha256 in hex of the list of installed packages with their versions. */
  contents: z.string(),
  boot: z.enum(["kernel", "disk"]),
  seed: z.enum(["tar", "nocloud"]),
  format: z.enum(["raw", "qcow2"]),
  seconds: z.number(),
  builtAt: z.string(),
});

/** What stands in `image.json`, the last file that a build writes: a folder without it is no image. */
export type ImageRecord = z.infer<typeof imageRecord>;

/** The record of the image in a folder; undefined where there is none. */
export function readImageRecord(folder: string): Promise<ImageRecord | undefined> {
  return readRecord(recordPath(folder), imageRecord);
}

/** Path of an image's record. Its time of change is the image's last use. */
export function recordPath(folder: string): string {
  return join(folder, "image.json");
}

/** Notes that an image is used now. */
export async function touchImage(folder: string): Promise<void> {
  const now = new Date();
  await utimes(recordPath(folder), now, now);
}

/** The image in a folder, as its record says. Pure. */
export function imageIn(folder: string, record: ImageRecord): Image {
  const { digest, build, os, architecture, kernelVersion, format, seed } = record;
  const boot = { kind: "kernel", kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd") } as const;
  return {
    ...{ digest, build, os, architecture, kernelVersion, format, seed },
    disk: join(folder, `disk.${format}`),
    boot: record.boot === "kernel" ? boot : { kind: "disk" },
  };
}

/** Folder of the image that a request asks for. Pure. */
export function imageFolder(request: ImageRequest, home: string): string {
  return join(home, "images", request.os, imageKey(request).slice(0, 16));
}
