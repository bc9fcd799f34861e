import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InfraError } from "../../failure.ts";
import { runCommand } from "../../hosts/command.ts";
import { qemuRefused } from "../../hosts/failures.ts";
import { withLock } from "../../hosts/lock.ts";
import type { Image, ImageIo } from "../../images/image.ts";
import { readImageRecord, recordPath } from "../../images/image-record.ts";
import { inPartialFolder } from "../../images/partial.ts";
import type { Connection } from "../../ssh/connection.ts";
import { hostImageFolder } from "./program.ts";

/** How long an image may travel, in milliseconds: some hundred megabytes, to an emulated and busy host perhaps. */
const shippingMs = 1_800_000;

/**
 * Brings an image to a host, compressed, unless it is there by its digest. The host has all of it or none of it; a transfer that
 * was cut begins again.
 */
export async function shipImage(connection: Connection, image: Image, io: ImageIo): Promise<void> {
  const { signal } = io;
  const { host, port } = connection.address;
  const folder = hostImageFolder(image);
  await withLock(`host image ${host}:${port}:${folder}`, signal, async () => {
    const { code } = await connection.run(`test -f ${folder}/image.json`, { signal });
    if (code === 0) return;
    io.note(`copying the image of ${image.os} ${image.digest.slice(0, 8)} to ${host}`);
    await inPartialFolder(`shipped-${image.build}-${host}-${port}`, io, async (part) => {
      await pack(image, part.folder, signal);
      await connection.upload(part.folder, folder, { signal, timeoutMs: shippingMs });
    });
  });
}

/** The image as it travels: its disk compressed, all else as it is. */
async function pack(image: Image, folder: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true });
  const format = ["-O", "qcow2", "-c", "-o", "compression_type=zstd"];
  const words = ["convert", "-f", image.format, ...format, image.disk, join(folder, "disk.qcow2")];
  const end = await runCommand("qemu-img", words, { signal });
  if (end.code !== 0) throw new InfraError(qemuRefused("qemu-img", end.tail));
  if (image.boot.kind === "kernel")
    for (const path of [image.boot.kernel, image.boot.initrd]) await copyFile(path, join(folder, basename(path)));
  const record = await readImageRecord(dirname(image.disk));
  await writeFile(recordPath(folder), JSON.stringify({ ...record, format: "qcow2" }));
}
