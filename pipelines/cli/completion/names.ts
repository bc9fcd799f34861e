import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plan } from "../../dsl/plan-document.ts";
import type { NameSources, PlannedNames } from "./words.ts";

/**
 * Names below a home, read from its folders alone: a completion neither starts the database nor runs a definition. What
 * cannot be read is as good as not there.
 */
export function namesBelow(home: string): NameSources {
  const runs = join(home, "runs");
  return {
    runs: () => filesIn(runs).toSorted().toReversed(),
    nodes: (run) => filesIn(join(runs, run, "nodes")).map((name) => name.replaceAll("+", "/")),
    servers: () => serversBelow(join(home, "local", "servers")),
    planned: (definition) => readNames(memoryOf(home, definition)),
  };
}

/** Keeps the names of a whole plan for later completions; says nothing where that fails, because nothing depends on it. */
export function rememberNames(home: string, definition: string, { cells, axes, params }: Plan): void {
  const file = memoryOf(home, definition);
  const names: PlannedNames = {
    cells: cells.map(({ id }) => id),
    axes,
    params: typeof params === "object" && params !== null ? Object.keys(params) : [],
  };
  try {
    mkdirSync(join(home, "completion"), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(names));
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // Because a plan is worth the same without it.
  }
}

function memoryOf(home: string, definition: string): string {
  const word = createHash("sha256").update(resolve(definition)).digest("hex").slice(0, 16);
  return join(home, "completion", `${word}.json`);
}

const noNames: PlannedNames = { cells: [], axes: [], params: [] };

function readNames(file: string): PlannedNames {
  // Written by this very module; a field that is missing is as good as empty.
  const read: Partial<PlannedNames> = readJson(file) ?? {};
  return { ...noNames, ...read };
}

function serversBelow(folder: string): readonly string[] {
  return filesIn(folder).flatMap((id) => {
    const record: { readonly node?: string; readonly name?: string } = readJson(join(folder, id, "server.json")) ?? {};
    if (record.name === undefined || record.node === undefined) return [];
    const cell = record.node.split("@")[1];
    return [cell === undefined ? record.name : `${cell}/${record.name}`];
  });
}

function readJson(file: string): object | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}
