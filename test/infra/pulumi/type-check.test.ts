import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { typeErrors } from "../../../infra/pulumi/type-check.ts";

let root: string;
let entry: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgecert-types-"));
  entry = join(root, "infra", "index.ts");
  mkdirSync(join(root, "infra"));
  mkdirSync(join(root, "node_modules"));
  write("node_modules/.package-lock.json", "{}");
  write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        strict: true,
        module: "nodenext",
        types: [],
        lib: ["es5"],
        allowImportingTsExtensions: true,
        noEmit: true,
      },
    }),
  );
  write("infra/tsconfig.json", JSON.stringify({ extends: "../tsconfig.json", include: ["."] }));
  write("infra/index.ts", 'import { count } from "./part.ts";\nexport const twice: number = count * 2;\n');
  write("infra/part.ts", "export const count: number = 1;\n");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
}

function stamp(): string {
  const folder = join(root, "node_modules", ".cache", "edgecert");
  return join(folder, existsSync(folder) ? (readdirSync(folder)[0] ?? "none") : "none");
}

test("an error in any file of the program is found whenever it comes, and again as long as it is there", async () => {
  expect(await typeErrors(entry)).toBe("");
  write("infra/part.ts", "export const count: string = `1`;\n");
  for (let again = 0; again < 2; again += 1)
    expect(await typeErrors(entry)).toMatch(/index\.ts\(2,\d+\): error TS2362: The left-hand side/);
  write("infra/part.ts", "export const count: number = 1;\n");
  expect(await typeErrors(entry)).toBe("");
});

test("what was clean and has not changed is not checked again", async () => {
  expect(await typeErrors(entry)).toBe("");
  // A stamp that names no file is one of which nothing has changed: with a check, the error would show.
  write("infra/index.ts", "export const wrong: number = ``;\n");
  writeFileSync(stamp(), "{}");
  expect(await typeErrors(entry)).toBe("");
});

test.each([
  ["a package that was installed", "node_modules/.package-lock.json", '{"packages": {}}'],
  [
    "an option of the compiler",
    "tsconfig.json",
    '{"compilerOptions": {"noEmit": true, "module": "nodenext", "lib": ["es5"], "types": []}}',
  ],
])("%s makes it check again", async (_, path, text) => {
  expect(await typeErrors(entry)).toBe("");
  write("infra/part.ts", "export const count: string = ``;\n");
  const known = JSON.parse(readFileSync(stamp(), "utf8"));
  writeFileSync(stamp(), JSON.stringify({ [join(root, path)]: known[join(root, path)] }));
  expect(await typeErrors(entry)).toBe("");
  write(path, text);
  expect(await typeErrors(entry)).not.toBe("");
});

test("a stamp that is damaged or cannot be written costs a check, and nothing else", async () => {
  expect(await typeErrors(entry)).toBe("");
  writeFileSync(stamp(), "{");
  write("infra/index.ts", "export const wrong: number = ``;\n");
  expect(await typeErrors(entry)).toMatch(/TS2322/);
  rmSync(join(root, "node_modules", ".cache"), { recursive: true });
  writeFileSync(join(root, "node_modules", ".cache"), "a file in the way");
  write("infra/index.ts", "export const right: number = 1;\n");
  expect(await typeErrors(entry)).toBe("");
});

test("a compiled program is not checked", async () => {
  expect(await typeErrors(join(root, "nowhere", "index.js"))).toBe("");
});
