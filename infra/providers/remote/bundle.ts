import { createHash, randomBytes } from "node:crypto";
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { withLock } from "../../hosts/lock.ts";

/** The programs of ours that run on hosts, as plain JavaScript with the packages that they import. */
export interface Bundle {
  /** Names the content: 16 hex digits. */
  readonly digest: string;
  /** Absolute, on this machine. */
  readonly folder: string;
  /** Path of the program inside the folder. */
  readonly program: string;
}

const own = import.meta.filename;
const root = resolve(import.meta.dirname, "../../..");
const extension = own.slice(-3);
/** What hosts start: the program itself, and the one that the local provider leaves behind to give back what was kept. */
const entries = [`serve${extension}`, `../local/reaper${extension}`].map((path) => resolve(import.meta.dirname, path));

interface Collected {
  /** Content by path below the project's root, as it is to lie on the host. */
  readonly files: Map<string, string>;
  /** Folder of each package that is imported, by its name. */
  readonly packages: Map<string, string>;
}

/**
 * Lays the programs of hosts together below a home, once for each content: everything that they import, found by the
 * compiler's own reader, and nothing else. TypeScript becomes JavaScript here, because a host may be slow.
 */
export async function ensureBundle(home: string, signal: AbortSignal): Promise<Bundle> {
  const collected: Collected = { files: new Map(), packages: new Map() };
  for (const entry of entries) await collect(entry, collected);
  const digest = await digestOf(collected);
  const folder = join(home, "host-programs", digest);
  const bundle = { digest, folder, program: scriptPath(relative(root, entries[0] ?? "")) };
  await withLock(`bundle ${folder}`, signal, async () => {
    if (await exists(folder)) return;
    const part = `${folder}.${randomBytes(4).toString("hex")}.part`;
    await lay(collected, part).catch(async (error) => {
      await rm(part, { recursive: true, force: true });
      throw error;
    });
    await rename(part, folder);
  });
  return bundle;
}

async function collect(path: string, into: Collected): Promise<void> {
  const place = scriptPath(relative(root, path));
  if (into.files.has(place)) return;
  const source = await readFile(path, "utf8");
  if (path.endsWith(".json")) {
    into.files.set(place, source);
    return;
  }
  const { default: ts } = await import("typescript");
  const compilerOptions = {
    ...{ target: ts.ScriptTarget.ES2024, module: ts.ModuleKind.ESNext },
    ...{ verbatimModuleSyntax: true, rewriteRelativeImportExtensions: true },
  };
  const script = path.endsWith(".ts") ? ts.transpileModule(source, { compilerOptions }).outputText : source;
  into.files.set(place, script);
  for (const { fileName } of ts.preProcessFile(script, true, true).importedFiles) {
    if (fileName.startsWith(".")) await collect(sourceOf(resolve(dirname(path), fileName)), into);
    else if (!fileName.startsWith("node:")) await collectPackage(packageName(fileName), path, into.packages);
  }
}

async function collectPackage(name: string, from: string, into: Map<string, string>): Promise<void> {
  if (into.has(name)) return;
  const found = findPackageJSON(name, pathToFileURL(from));
  if (found === undefined) throw new Error(`${name} is not installed, which ${from} imports`);
  into.set(name, dirname(found));
  const { dependencies = {} } = JSON.parse(await readFile(found, "utf8"));
  for (const one of Object.keys(dependencies)) await collectPackage(one, found, into);
}

async function lay({ files, packages }: Collected, folder: string): Promise<void> {
  for (const [path, content] of files) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const [name, from] of packages)
    await cp(from, join(folder, "node_modules", name), { recursive: true, dereference: true, filter: isRun });
}

/** Because types, sources and texts are two thirds of a package and are never run. */
function isRun(path: string): boolean {
  return !/\.([cm]?ts|map|md)$/.test(path) && !/\/(test|tests|examples|docs)$/.test(path);
}

/** Packages count by what their own files say of themselves: npm has checked their content. */
async function digestOf({ files, packages }: Collected): Promise<string> {
  const hash = createHash("sha256");
  for (const [path, content] of [...files].sort()) hash.update(JSON.stringify([path, content]));
  for (const [name, folder] of [...packages].sort())
    hash.update(JSON.stringify([name, await readFile(join(folder, "package.json"), "utf8")]));
  return hash.digest("hex").slice(0, 16);
}

function scriptPath(path: string): string {
  return path.replace(/\.ts$/, ".js");
}

/** Where the file lies that a program imports by the name that it has once it is JavaScript. */
function sourceOf(path: string): string {
  return path.endsWith(".js") ? `${path.slice(0, -3)}${extension}` : path;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
