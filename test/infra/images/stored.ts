import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageRecord, imageFolder } from "../../../infra/images/image-record.ts";
import { type ImageRequest, imageKey } from "../../../infra/images/recipe.ts";

/** Puts an image into a home that has all its files, and no bytes worth booting. Gives its folder. */
export function storeImage(home: string, request: ImageRequest, given: Partial<ImageRecord> = {}): string {
  const folder = imageFolder(request, home);
  mkdirSync(folder, { recursive: true });
  for (const name of ["disk.raw", "vmlinuz", "initrd", "packages.txt"]) writeFileSync(join(folder, name), name);
  const record = {
    ...{ v: 2, digest: imageKey(request), build: "0123456789abcdef", os: request.os, architecture: "amd64" },
    ...{ packages: request.packages, kernelVersion: "6.1.0-1-amd64", contents: "0".repeat(64) },
    ...{ boot: "kernel", seed: "tar", format: "raw", seconds: 1, builtAt: "2026-11-01T00:00:00.000Z" },
  };
  writeFileSync(join(folder, "image.json"), JSON.stringify({ ...record, ...given }));
  return folder;
}

/** The first block of a qcow2 disk that rests on another file. */
export function overlayOn(backing: string): Buffer {
  const header = Buffer.alloc(512);
  header.write("QFI\u00fb", 0, "latin1");
  header.writeUInt32BE(3, 4);
  header.writeBigUInt64BE(128n, 8);
  header.writeUInt32BE(Buffer.byteLength(backing), 16);
  header.write(backing, 128);
  return header;
}
