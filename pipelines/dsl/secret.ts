import { inspect } from "node:util";

/**
 * A value that cannot be printed, put into JSON or into a stage's output. Only {@link reveal} gives the text, at the
 * moment of use.
 */
export class Secret {
  readonly name: string;
  readonly #text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.#text = text;
  }

  /** The text itself, for standard input or a 0600 file; never for an argument. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return `[secret ${this.name}]`;
  }

  toJSON(): never {
    throw new TypeError(`the secret ${this.name} cannot be stored: read it again where it is needed`);
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** Where the text of a declared secret is read at use: exactly one of the three. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string }
  | { readonly command: readonly [string, ...string[]] };
