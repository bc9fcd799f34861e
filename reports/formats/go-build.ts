import type { ReadTest } from "../results.ts";
import { brokenPackage } from "./go-broken.ts";
import type { GoEvent } from "./go-event.ts";
import type { GoPackage } from "./go-package.ts";
import type { ResultFile } from "./result-file.ts";

const outputCharacters = 262_144;

/**
 * What the go command says about builds: in events since Go 1.24, before that as text between the events, in blocks that
 * begin with `# import/path`.
 */
export class GoBuilds {
  readonly #file: ResultFile;
  /** By import path, as an event or the head of a block names it. */
  readonly #outputs = new Map<string, string>();
  /** Builds that failed and that no package has named yet. */
  readonly #failed = new Set<string>();
  /** The block that text belongs to. */
  #block = "";
  #text = "";

  constructor(file: ResultFile) {
    this.#file = file;
  }

  take({ action, importPath, output }: GoEvent): void {
    if (action === "build-fail") this.#failed.add(importPath);
    else this.#add(importPath, output);
  }

  /** Takes a line that is no event. */
  takeText(line: string): void {
    const head = /^# (\S+)/.exec(line);
    const failed = /^FAIL\s+(\S+) \[(?:build|setup) failed\]/.exec(line);
    if (failed !== null) this.#failed.add(failed[1] ?? "");
    else if (head !== null) this.#block = head[1] ?? "";
    else if (this.#block !== "") this.#add(this.#block, `${line}\n`);
    if (this.#text.length < 8_192) this.#text += `${line.slice(0, 1_000)}\n`;
  }

  /** Why a package could not be built, or null where its end says nothing of a build. */
  failureOf(of: GoPackage, event: GoEvent): string | null {
    const said = event.failedBuild !== "" || /^FAIL\s.*\[(?:build|setup) failed\]/m.test(of.tail);
    if (!said) return null;
    this.#failed.delete(event.failedBuild);
    this.#failed.delete(of.name);
    const own = [event.failedBuild, of.name, `${of.name}_test`, `${of.name}.test`];
    const output = own.map((path) => this.#outputs.get(path)).find((text) => text !== undefined);
    return output ?? (of.tail.trim() || this.#text);
  }

  /** Builds that failed and that no package told as its end. */
  unclaimed(): readonly ReadTest[] {
    return [...this.#failed].map((path) => {
      const text = this.#outputs.get(path) ?? this.#outputs.get(path.replace(/ .*/, "")) ?? this.#text;
      return brokenPackage(path.replace(/ .*/, ""), { name: "[build failed]", text, file: this.#file });
    });
  }

  /** The beginning of all text that stood between the events. */
  remarks(): readonly string[] {
    const text = this.#text.trim();
    return text === "" ? [] : [`Between the events stood: ${text.slice(0, 2_000).toWellFormed()}`];
  }

  #add(path: string, output: string): void {
    const known = this.#outputs.get(path) ?? "";
    if (known.length < outputCharacters) this.#outputs.set(path, known + output);
  }
}
