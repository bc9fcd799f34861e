import { stripVTControlCharacters } from "node:util";
import type { Architecture } from "../../infra/catalog/operating-systems.ts";
import { InfraError } from "../../infra/failure.ts";
import { ensureImage } from "../../infra/images/image.ts";
import { imageSupplies, removeImage, removeSupply, type StoredImage, storedImages } from "../../infra/images/store.ts";
import { UsageError } from "./exit.ts";
import { homeFolder } from "./home.ts";
import type { Rows } from "./runs.ts";
import { columns } from "./view/columns.ts";
import { span } from "./view/paint.ts";

/** The images of this home and what they are made from, for people and programs. */
export async function listImages(): Promise<Rows> {
  const home = homeFolder();
  const [images, supplies] = [await storedImages(home), await imageSupplies(home)];
  const spare = supplies.reduce((sum, one) => sum + one.bytes, 0);
  const last = `${size(spare)} more are kept to build from: edgecert images remove --supplies`;
  if (images.length === 0) return { lines: ["No images yet: a run builds what it needs.", ...spareLine()], json: [] };
  const total = images.reduce((sum, one) => sum + one.bytes, 0);
  const sum = `${images.length} ${images.length === 1 ? "image" : "images"}, ${size(total)}`;
  return { lines: [...table(images), "", sum, ...spareLine()], json: images };

  function spareLine(): string[] {
    return spare === 0 ? [] : [last];
  }
}

const heading = ["ID", "SYSTEM", "ARCH", "SIZE", "BUILT", "LAST USED", "STATE", "PACKAGES"];

function table(images: readonly StoredImage[]): string[] {
  return columns([heading, ...images.map(row)]);
}

function row(image: StoredImage): string[] {
  const state = image.usedBy.length > 0 ? `used by ${image.usedBy.join(", ")}` : image.state;
  const packages = image.packages.length === 0 ? "-" : image.packages.join(" ");
  const { id, os, architecture } = image;
  return [id, os, architecture, size(image.bytes), ago(image.builtAt), ago(image.lastUsedAt), state, packages].map(
    stripVTControlCharacters,
  );
}

function ago(moment: string): string {
  return `${span(Date.now() - Date.parse(moment))} ago`;
}

function size(bytes: number): string {
  return bytes < 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** What an image is to hold. */
export interface ImageWords {
  readonly os: string;
  readonly packages: readonly string[];
  readonly architecture: Architecture;
}

/** Builds an image, or finds it built, saying on standard error what is done. Ctrl-C ends it and leaves nothing. */
export async function buildImage({ os, packages, architecture }: ImageWords): Promise<Rows> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new UsageError("The build was interrupted", os, "run the same command again"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  const note = (text: string) => console.error(`edgecert: ${text}`);
  const home = homeFolder();
  const image = await ensureImage({ os, packages, architecture }, { home, signal: stop.signal, note });
  const stored = (await storedImages(home)).filter((one) => one.digest === image.digest);
  return { lines: table(stored), json: stored };
}

/**
 * Removes the images named by the beginning of their id or by their system. A word that names none is refused before any
 * is removed; one in use is kept, and refused at the end.
 */
export async function removeImages(words: readonly string[]): Promise<Rows> {
  const home = homeFolder();
  const images = await storedImages(home);
  const chosen = new Set(words.flatMap((word) => named(word, images)));
  const lines: string[] = [];
  const json: { readonly id: string; readonly removed: boolean; readonly usedBy: readonly string[] }[] = [];
  const refused = [];
  for (const image of chosen) {
    const failure = await removeImage(home, image, AbortSignal.timeout(120_000));
    json.push({ id: image.id, removed: failure === undefined, usedBy: failure === undefined ? [] : image.usedBy });
    if (failure === undefined) lines.push(`removed ${image.id} ${image.os}, ${size(image.bytes)}`);
    else refused.push(failure);
  }
  const [first] = refused;
  if (first === undefined) return { lines, json };
  for (const line of lines) console.error(line);
  throw new InfraError({ ...first, detail: refused.map((one) => `${one.title}. ${one.detail}`).join("\n") });
}

/** Removes what is kept for builds to come, and what is left of builds that were killed. */
export async function removeSupplies(): Promise<Rows> {
  const supplies = await imageSupplies(homeFolder());
  for (const supply of supplies) await removeSupply(supply, AbortSignal.timeout(120_000));
  const lines = supplies.map((one) => `removed ${one.kind} ${one.path}, ${size(one.bytes)}`);
  return { lines: lines.length === 0 ? ["Nothing is kept to build from."] : lines, json: supplies };
}

function named(word: string, images: readonly StoredImage[]): readonly StoredImage[] {
  const found = images.filter((one) => one.os === word || (word.length >= 4 && one.digest.startsWith(word)));
  if (found.length > 0) return found;
  const known = images.map((one) => `${one.id} (${one.os})`).join(", ");
  const next = known === "" ? "there is no image here" : `name one of ${known}`;
  throw new UsageError("No such image", JSON.stringify(word), next);
}
