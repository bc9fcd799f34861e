import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Cost, costOf } from "./cost.ts";

/** A program that makes one HTML page of JUnit files. */
export interface Reporter {
  readonly name: string;
  /** Makes a page of the files below a folder; gives what that cost and how large the page is. */
  report(input: string): Promise<Cost & { readonly pageBytes: number }>;
}

const root = join(import.meta.dirname, "..", "..", "..");

/** This checkout's own command, as a person starts it. */
export function ourReporter(folder: string): Reporter {
  const page = join(folder, "ours.html");
  const launcher = join(root, "pipelines/cli/launch.js");
  return {
    name: "edgecert",
    report: async (input) => {
      const words = ["report", "--results", input, "--out", page, "--json"];
      // Because a failing test makes it end with 1.
      const cost = await costOf(launcher, words, { cwd: folder, codes: [0, 1], env: { XDG_CACHE_HOME: folder } });
      return { ...cost, pageBytes: statSync(page).size };
    },
  };
}

/** Allure 3 (one self-contained file) and xunit-viewer, installed by npm at fixed versions into a folder of their own. */
export function peers(folder: string): readonly Reporter[] {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}");
  const packages = ["allure@3.18.0", "xunit-viewer@10.6.1"];
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages], { cwd: folder });
  writeFileSync(
    join(folder, "allurerc.mjs"),
    `export default { name: "bench", output: "./allure", plugins: { awesome: { options: { singleFile: true } } } };\n`,
  );
  const bin = (name: string) => join(folder, "node_modules", ".bin", name);
  const measured = (name: string, page: string, words: (flat: string) => readonly string[]): Reporter => ({
    name,
    report: async (input) => {
      const cost = await costOf(process.execPath, words(flat(input)), { cwd: folder, codes: [0, 1] });
      return { ...cost, pageBytes: statSync(join(folder, page)).size };
    },
  });
  return [
    measured("Allure 3.18.0", "allure/index.html", (files) => [bin("allure"), "generate", files]),
    measured("xunit-viewer 10.6.1", "viewer.html", (files) => [bin("xunit-viewer"), "-r", files, "-o", "viewer.html"]),
  ];
}

/** What Allure counted in the last report of a folder that {@link peers} made. */
export function allureCounted(folder: string): { readonly total: number; readonly failed: number } {
  const summary: { stats: { total: number; failed?: number } } = JSON.parse(
    readFileSync(join(folder, "allure", "summary.json"), "utf8"),
  );
  return { total: summary.stats.total, failed: summary.stats.failed ?? 0 };
}

/** Because they take the files of one folder: a copy of all, each under a name of its own, made once. */
function flat(input: string): string {
  const folder = `${input}-flat`;
  if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return folder;
  mkdirSync(folder);
  for (const [index, file] of globSync("**/*.xml", { cwd: input }).entries())
    copyFileSync(join(input, file), join(folder, `junit-${index}.xml`));
  return folder;
}
