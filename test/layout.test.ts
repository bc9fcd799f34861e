import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");

/** Who may import whom. `types` may be imported by type only. Rooms import themselves; nobody imports cli or test. */
const table: Readonly<Record<string, { readonly values: readonly string[]; readonly types: readonly string[] }>> = {
  definitions: { values: ["stages", "environments", "dsl"], types: [] },
  stages: { values: ["infra", "reports"], types: ["dsl", "environments"] },
  environments: { values: ["infra", "reports"], types: ["dsl"] },
  dsl: { values: [], types: [] },
  engine: { values: ["dsl"], types: [] },
  infra: { values: [], types: ["dsl"] },
  reports: { values: [], types: ["dsl"] },
  console: { values: ["engine", "reports", "dsl"], types: [] },
  testing: { values: ["dsl", "engine", "infra"], types: [] },
  cli: {
    values: [
      "package.json",
      "definitions",
      "stages",
      "environments",
      "dsl",
      "engine",
      "infra",
      "reports",
      "console",
      "testing",
    ],
    types: [],
  },
};

/** Packages a room may use beside Node's own modules; a room that is not listed may use any dependency. */
const packages: Readonly<Record<string, readonly string[]>> = { dsl: [], definitions: ["zod"], environments: [] };

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

describe("the layout of the project", () => {
  it("has nothing else at the top level", () => {
    const allowed = new Set(
      "package.json package-lock.json tsconfig.json Pulumi.yaml infra pipelines reports test README.md LICENSE node_modules".split(
        " ",
      ),
    );
    const extra = readdirSync(root).filter(
      (name) => !name.startsWith(".") && !allowed.has(name) && !/^Pulumi\.[a-z0-9-]+\.yaml$/.test(name),
    );
    expect(extra).toEqual([]);
  });

  const imports = sources(root).flatMap(importsOf);

  it("finds the imports it judges", () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it("lets every room import only what the table allows", () => {
    const broken = imports.filter((one) => one.target.startsWith(".")).flatMap(judge);
    expect(broken).toEqual([]);
  });

  it("keeps pure rooms free of packages", () => {
    const broken = imports
      .filter((one) => !one.target.startsWith(".") && !one.target.startsWith("node:"))
      .filter((one) => {
        const known = packages[roomOf(one.file)];
        return known !== undefined && !known.includes(one.target.split("/")[0] ?? "");
      });
    expect(broken).toEqual([]);
  });

  it("names files after one concept each", () => {
    const bad = sources(root).filter((file) =>
      /\/(utils?|helpers?|common|misc|types|base|shared|manager)(\.ts|\/)/.test(file),
    );
    const cased = sources(root).filter((file) => !/^[a-z0-9.-]+\.ts$/.test(file.split("/").at(-1) ?? ""));
    expect([...bad, ...cased]).toEqual([]);
  });
});

function judge(one: Import): string[] {
  const from = roomOf(one.file);
  const to = roomOf(relative(root, normalize(join(root, dirname(one.file), one.target))));
  if (from === to) return [];
  const rule = table[from];
  const allowed = rule?.values.includes(to) === true || (one.typeOnly && rule?.types.includes(to) === true);
  return allowed ? [] : [`${one.file}: ${from} may not import ${one.target} (${to}${one.typeOnly ? ", by type" : ""})`];
}

function roomOf(file: string): string {
  const [top = "", second = ""] = file.split("/");
  if (top !== "pipelines") return top;
  if (second.endsWith(".ts") || second === "quickstart" || second === "opennebula") return "definitions";
  return second;
}

function sources(top: string): string[] {
  return ["infra", "pipelines", "reports"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
}

/** Reads imports with the compiler's own parser; `import type` and fully typed lists count as type-only. */
function importsOf(file: string): Import[] {
  const tree = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      if (ts.isStringLiteral(node.moduleSpecifier)) {
        found.push({ file, target: node.moduleSpecifier.text, typeOnly: isTypeOnly(node) });
      }
    }
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
      found.push({ file, target: node.argument.literal.text, typeOnly: true });
    }
    const argument =
      ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0];
    if (argument && ts.isStringLiteral(argument)) found.push({ file, target: argument.text, typeOnly: false });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}
