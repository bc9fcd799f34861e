import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { FailureError } from "../dsl/failure.ts";
import { Secret, type SecretSource } from "../dsl/secret.ts";
import { engineFailure } from "./failures.ts";
import { type Scrubber, shortestSecret } from "./scrubber.ts";

/** Reads declared secrets at use; what is read is known to the scrubber before anybody else sees it. */
export interface SecretReader {
  /** Throws a FailureError `secret-missing` for an undeclared, absent, empty or too short secret. */
  read(name: string): Promise<Secret>;
  /** Reads what costs nothing (environment and files), so that the scrubber knows it before a stage asks. */
  learnAhead(): Promise<void>;
  /** Reads every declared secret, commands too; one that cannot be read is left out. */
  learnAll(): Promise<void>;
}

/** A reader for the secrets of one definition. Relative files start at `folder`. Commands run there, without a shell. */
export function secretReader(
  sources: Readonly<Record<string, SecretSource>>,
  folder: string,
  known: Scrubber,
): SecretReader {
  const text = async (name: string): Promise<string> => {
    const source = sources[name];
    if (source === undefined) throw missing(name, "The definition declares no secret of that name.");
    const found = (await sourceText(name, source, folder)).replace(/\r?\n$/, "");
    if (found.length < shortestSecret) {
      throw missing(
        name,
        `It is empty or shorter than ${shortestSecret} characters, too short to be kept out of logs.`,
      );
    }
    known.learn(name, found);
    return found;
  };
  return {
    read: async (name) => new Secret(name, await text(name)),
    async learnAhead() {
      const cheap = Object.entries(sources).filter(([, source]) => !("command" in source));
      await Promise.allSettled(cheap.map(([name]) => text(name)));
    },
    async learnAll() {
      await Promise.allSettled(Object.keys(sources).map(text));
    },
  };
}

async function sourceText(name: string, source: SecretSource, folder: string): Promise<string> {
  if ("env" in source) {
    const value = process.env[source.env];
    if (value === undefined) throw missing(name, `The environment variable ${source.env} is not set.`);
    return value;
  }
  if ("file" in source) {
    const path = isAbsolute(source.file) ? source.file : join(folder, source.file);
    return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw missing(name, `The file ${path} cannot be read: ${error.code ?? error.message}.`);
    });
  }
  const [file, ...args] = source.command;
  // Because the error of a command holds its output: only its name and code may be told.
  return promisify(execFile)(file, args, { cwd: folder, timeout: 60_000, maxBuffer: 1 << 20 }).then(
    ({ stdout }) => stdout,
    (error: { code?: unknown; signal?: unknown }) => {
      throw missing(name, `The command ${file} ended with ${String(error.code ?? error.signal)}.`);
    },
  );
}

function missing(name: string, detail: string): FailureError {
  return new FailureError(engineFailure.secretMissing(name, detail));
}
