import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files of a check that found nothing wrong, each with what it was then. */
type Clean = Readonly<Record<string, string>>;

/**
 * The type errors of the program that begins at `entry`, as the compiler words them; empty where there are none. A whole
 * check takes seconds, so it is done only when something that it read has changed since the last one that found nothing.
 * Compiled programs were checked when they were compiled.
 */
export async function typeErrors(entry: string): Promise<string> {
  if (!entry.endsWith(".ts")) return "";
  const stamp = stampFile(entry);
  if (isUnchanged(stamp)) return "";
  const { default: ts } = await import("typescript");
  const config = join(dirname(entry), "tsconfig.json");
  const parsed = ts.getParsedCommandLineOfConfigFile(config, { noEmit: true, incremental: false }, hostOf(ts));
  if (parsed === undefined) return `${config} cannot be read`;
  const { tsBuildInfoFile: _, ...options } = parsed.options;
  const host = ts.createCompilerHost(options);
  // Half of what is read are the comments of provider packages.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const program = ts.createProgram({ rootNames: [entry], options, host });
  const errors = [...parsed.errors, ...ts.getPreEmitDiagnostics(program)];
  if (errors.length > 0) return ts.formatDiagnostics(errors, { ...host, getCurrentDirectory: () => dirname(config) });
  const files = program.getSourceFiles().map(({ fileName }) => fileName);
  remember(stamp, [...files, config, join(dirname(config), "..", "tsconfig.json"), ...installed(entry)]);
  return "";
}

function hostOf(ts: typeof import("typescript")) {
  return { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
}

/** npm's own list of what is installed: it changes with every package that comes or goes. Other tools keep none. */
function installed(entry: string): string[] {
  return [join(dirname(entry), "..", "node_modules", ".package-lock.json")].filter(existsSync);
}

/** One stamp for each place that the program lies at; next to what other tools of Node.js keep. */
function stampFile(entry: string): string {
  const place = createHash("sha256").update(entry).digest("hex").slice(0, 16);
  return join(dirname(entry), "..", "node_modules", ".cache", "edgecert", `types-${place}.json`);
}

function isUnchanged(stamp: string): boolean {
  try {
    const clean: Clean = JSON.parse(readFileSync(stamp, "utf8"));
    return Object.entries(clean).every(([file, before]) => stateOf(file) === before);
  } catch {
    return false;
  }
}

/** Sources by their content; packages by size and time, because there are hundreds and only npm changes them. */
function stateOf(file: string): string {
  if (!file.includes("/node_modules/")) return createHash("sha256").update(readFileSync(file)).digest("hex");
  const { size, mtimeMs } = statSync(file);
  return `${size} ${mtimeMs}`;
}

/** A folder that cannot be written costs time at the next command, and nothing else. */
function remember(stamp: string, files: readonly string[]): void {
  try {
    const clean: Clean = Object.fromEntries(files.map((file) => [file, stateOf(file)]));
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(`${stamp}.${process.pid}`, JSON.stringify(clean));
    renameSync(`${stamp}.${process.pid}`, stamp);
  } catch {}
}
