import { stat } from "node:fs/promises";
import type { ServerRequest } from "../../pipelines/dsl/request.ts";
import { hasImage } from "./image.ts";

/** What servers are going to take of the disk, and of what it is made. */
export interface Room {
  readonly bytes: number;
  /** For people, such as `3 images to be built`. */
  readonly parts: readonly string[];
}

const mebibyte = 2 ** 20;

/** Measured: 480 to 620 MiB for images of Debian 12 and 13 with the packages of the quickstart. */
const imageBytes = 640 * mebibyte;
/** Measured: 470 MiB for the archive that images of one system are built on. */
const baseBytes = 480 * mebibyte;
/** While an image is built its tree lies beside its disk; two are built at a time. */
const buildBytes = 1536 * mebibyte;
/** What a server writes over its image: packages, logs and suites of the quickstart stay below it. */
const overlayBytes = 320 * mebibyte;

/** Estimates the room that servers need in a home: images that are not there yet, and what each server writes. */
export async function roomFor(requests: readonly ServerRequest[], home: string): Promise<Room> {
  if (requests.length === 0) return { bytes: 0, parts: [] };
  const wanted = new Map(requests.map((one) => [JSON.stringify([one.os, [...one.packages].sort()]), one]));
  const there = await Promise.all([...wanted.values()].map((one) => hasImage(one, home)));
  const missing = [...wanted.values()].filter((_, index) => there[index] !== true);
  const systems = new Set(missing.map((one) => one.os));
  const bases = (await stat(`${home}/images/bases`).catch(() => null)) === null ? systems.size : 0;
  const images = missing.length * imageBytes + bases * baseBytes + (missing.length > 0 ? buildBytes : 0);
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  return {
    bytes: images + requests.length * overlayBytes,
    parts: [
      ...(missing.length > 0 ? [`${counted(missing.length, "image")} to be built`] : []),
      counted(requests.length, "server"),
    ],
  };
}
