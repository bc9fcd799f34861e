import type struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { Call } from "./world.ts";

/** Properties as they cross the wire; secrets come unwrapped. */
export type Properties = Record<string, struct.JavaScriptValue>;

/** A resource that a fake made or found: its id, and its outputs, which hold its inputs too. */
export interface Made {
  readonly id: string;
  readonly outputs: Properties;
}

/** Whether a value is a {@link Made}. */
export function isMade(value: unknown): value is Made {
  return typeof value === "object" && value !== null && "id" in value && "outputs" in value;
}

/** A resource of the program: type, such as `aws:ec2/instance:Instance`, and name, such as `edge-1`. */
export interface Subject {
  readonly type: string;
  readonly name: string;
}

/** A resource as it is, and the inputs that it shall have. */
export interface Change {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** What stands behind one fake provider of Pulumi. */
export interface FakeProvider {
  /** What a program calls it, such as `aws`. */
  readonly name: string;
  /** Of the provider's npm package, which the fake answers for. */
  readonly version: string;
  /** Inputs that change a living resource; a change of any other replaces it. */
  readonly changeable: readonly string[];
  /** By type, the property that gets a name of its own where the program gives none. */
  readonly autonamed: Readonly<Record<string, string>>;
  /** Takes the values that the program gave the provider. */
  configure(values: Properties): Promise<void>;
  create(subject: Subject, inputs: Properties): Promise<Made>;
  /** Null when it is gone. */
  read(subject: Subject, id: string, outputs: Properties): Promise<Made | null>;
  update(subject: Subject, change: Change): Promise<Made>;
  /** Deleting what is gone succeeds. */
  delete(subject: Subject, id: string, outputs: Properties): Promise<void>;
  lookup(token: string, inputs: Properties): Promise<Properties>;
  /** Repeats a call as the real provider does, which takes some errors for passing ones. */
  attempts<Result>(call: () => Promise<Result>): Promise<Result>;
  /** The real provider's words for an error of the world or of the API behind the fake. */
  word(error: unknown, call: Call): string;
}
