import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Image } from "../../../infra/images/image.ts";

/** What the file system of an image says about a path, read without mounting it. */
function ask(image: Image, words: string): string {
  return execFileSync("debugfs", ["-R", words, image.disk], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
}

/** `mode uid gid` of a path in an image, the mode in octal. */
export function ownerOf(image: Image, path: string): string {
  const said = ask(image, `stat ${path}`);
  const mode = /Mode:\s+(\d+)/.exec(said)?.[1];
  const [, uid, gid] = /User:\s+(\d+)\s+Group:\s+(\d+)/.exec(said) ?? [];
  return `${mode} ${uid} ${gid}`;
}

/** The numeric id of an account in an image. */
export function accountIn(image: Image, name: string): number {
  return Number(new RegExp(`^${name}:x:(\\d+):`, "m").exec(textIn(image, "/etc/passwd"))?.[1]);
}

/** The numeric id of a group in an image. */
export function groupIn(image: Image, name: string): number {
  return Number(new RegExp(`^${name}:x:(\\d+):`, "m").exec(textIn(image, "/etc/group"))?.[1]);
}

/** A file of an image. */
export function textIn(image: Image, path: string): string {
  return ask(image, `cat ${path}`);
}

/** The capabilities of a file in an image, in hex as its file system keeps them; `01000002...` is effective, revision 2. */
export function capabilitiesOf(image: Image, path: string): string {
  const said = ask(image, `ea_list ${path}`);
  return (/security\.capability \(\d+\) = ([0-9a-f ]+)/.exec(said)?.[1] ?? "").replaceAll(" ", "");
}

/** cap_net_raw, bit 13, permitted and effective, for everybody who runs the file; revision 2 of Linux' format. */
export const netRaw = `${"01000002"}${"00200000"}${"0".repeat(24)}`;

/** Whether any byte of an image's files says one of the texts. */
export function says(image: Image, texts: readonly string[]): boolean {
  const files = image.boot.kind === "kernel" ? [image.boot.kernel, image.boot.initrd] : [];
  const all = [image.disk, ...files, join(image.disk, "..", "packages.txt"), join(image.disk, "..", "image.json")];
  const { status } = spawnSync("grep", ["-qaF", ...texts.flatMap((text) => ["-e", text]), ...all]);
  if (status !== 0 && status !== 1) throw new Error(`grep ended with ${status}`);
  return status === 0;
}
