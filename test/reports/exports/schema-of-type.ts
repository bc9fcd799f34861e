import ts from "typescript";

/** A JSON Schema, as plain JSON. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema (draft 2020-12) of an exported interface, made by the compiler from the type itself: interfaces become
 * `$defs`, their doc comments descriptions. Objects stay open, because fields may be added within a version.
 */
export function schemaOfType(
  file: string,
  name: string,
  about: { readonly id: string; readonly title: string },
): Schema {
  const options = {
    target: ts.ScriptTarget.ESNext,
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: [],
  };
  const modules = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const program = ts.createProgram([file], { ...options, ...modules });
  const source = program.getSourceFile(file);
  const checker = program.getTypeChecker();
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  const symbol = module && checker.getExportsOfModule(module).find((one) => one.name === name);
  if (symbol === undefined) throw new Error(`${file} exports no ${name}`);
  const writer = new SchemaWriter(checker);
  const root = writer.object(checker.getDeclaredTypeOfSymbol(symbol));
  const head = { $schema: "https://json-schema.org/draft/2020-12/schema", $id: about.id, title: about.title };
  return { ...head, ...described(symbol, checker), ...root, $defs: writer.definitions() };
}

class SchemaWriter {
  readonly #checker: ts.TypeChecker;
  readonly #found = new Map<string, Schema | null>();

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  definitions(): Schema {
    return Object.fromEntries([...this.#found].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  object(type: ts.Type): Schema {
    const properties = this.#checker.getPropertiesOfType(type);
    const index = this.#checker.getIndexInfosOfType(type)[0];
    const required = properties.filter((one) => (one.flags & ts.SymbolFlags.Optional) === 0).map((one) => one.name);
    return {
      type: "object",
      ...(properties.length === 0
        ? {}
        : { properties: Object.fromEntries(properties.map((one) => this.#property(one))) }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.#of(index.type) }),
    };
  }

  #property(symbol: ts.Symbol): [string, Schema] {
    const type = this.#checker.getTypeOfSymbol(symbol);
    const present = (symbol.flags & ts.SymbolFlags.Optional) === 0 ? type : this.#checker.getNonNullableType(type);
    return [symbol.name, { ...described(symbol, this.#checker), ...this.#of(present) }];
  }

  #of(type: ts.Type): Schema {
    const alias = type.aliasSymbol?.name;
    // Because any JSON may stand there, there is nothing to say about it.
    if (alias === "Json") return {};
    if (type.isUnion()) return this.#union(type);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) return { const: this.#checker.typeToString(type) === "true" };
    if ((type.flags & ts.TypeFlags.String) !== 0) return { type: "string" };
    if ((type.flags & ts.TypeFlags.Number) !== 0) return { type: "number" };
    if ((type.flags & ts.TypeFlags.Null) !== 0) return { type: "null" };
    const item = this.#checker.isArrayType(type)
      ? this.#checker.getIndexTypeOfType(type, ts.IndexKind.Number)
      : undefined;
    if (item !== undefined) return { type: "array", items: this.#of(item) };
    if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0) return this.#reference(type);
    throw new Error(`no schema for the type ${this.#checker.typeToString(type)}`);
  }

  #union(type: ts.UnionType): Schema {
    if ((type.flags & ts.TypeFlags.Boolean) !== 0) return { type: "boolean" };
    const members = type.types.filter((one) => (one.flags & ts.TypeFlags.BooleanLiteral) === 0);
    const parts = members.map((one) => this.#of(one));
    if (members.length < type.types.length) parts.push({ type: "boolean" });
    if (parts.every((one) => typeof one.const === "string")) return { enum: parts.map((one) => one.const).sort() };
    const plain = parts.every((one) => Object.keys(one).join() === "type");
    return plain ? { type: parts.map((one) => one.type).sort() } : { anyOf: parts };
  }

  #reference(type: ts.Type): Schema {
    const { symbol } = type;
    if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Interface) === 0) return this.object(type);
    const { name } = symbol;
    if (!this.#found.has(name)) {
      // Because an interface may hold itself, its place is taken before it is looked into.
      this.#found.set(name, null);
      this.#found.set(name, { ...described(symbol, this.#checker), ...this.object(type) });
    }
    return { $ref: `#/$defs/${name}` };
  }
}

function described(symbol: ts.Symbol, checker: ts.TypeChecker): Schema {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, " ").trim();
  return text === "" ? {} : { description: text };
}
