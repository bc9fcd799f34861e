import type { XmlRpcValue } from "../../../infra/providers/opennebula/xml-rpc.ts";
import { Fault, noExists, notAuthorized } from "./refusal.ts";
import type { FakeUser, FakeWorld } from "./world.ts";

/** A call that was understood and comes from a known user. */
export interface MethodCall {
  readonly world: FakeWorld;
  readonly user: FakeUser;
  readonly method: string;
  /** What follows the session. */
  readonly parameters: readonly XmlRpcValue[];
}

/** A method by the signature that its class registers, such as `A:siis` for `["int", "int", "string"]`. */
export interface Method {
  /** Types after the session, with those that may be left out. */
  readonly takes: readonly ("int" | "string" | "boolean")[];
  /** How many of them must be there. */
  readonly needs: number;
  run(call: MethodCall): string | number | boolean;
}

/** A method with all of its parameters. */
export function method(takes: Method["takes"], run: Method["run"], needs = takes.length): Method {
  return { takes, needs, run };
}

const names = { int: "integer", string: "string", boolean: "boolean" } as const;

/** Refuses a call as xmlrpc-c does where a parameter is missing or of another type, and one with more than any version knows. */
export function checkParameters({ takes, needs }: Method, parameters: readonly XmlRpcValue[]): void {
  if (parameters.length < needs) throw new Fault(-501, "Not enough parameters");
  if (parameters.length > takes.length)
    throw new Fault(-501, `${parameters.length} parameters, where no version knows more than ${takes.length}`);
  for (const [index, value] of parameters.entries()) {
    const wanted = takes[index] ?? "string";
    const right = wanted === "int" ? Number.isInteger(value) : typeof value === wanted;
    if (!right) throw new Fault(-501, `Parameter that is supposed to be ${names[wanted]} is not`);
  }
}

/** The whole number at a place of the parameters. */
export function int({ parameters }: MethodCall, at: number): number {
  const value = parameters[at];
  return typeof value === "number" ? value : -1;
}

/** The text at a place of the parameters; empty where it was left out. */
export function string({ parameters }: MethodCall, at: number): string {
  const value = parameters[at];
  return typeof value === "string" ? value : "";
}

/** The truth at a place of the parameters; false where it was left out. */
export function boolean({ parameters }: MethodCall, at: number): boolean {
  return parameters[at] === true;
}

/** The object with the number at a place of the parameters. Refused as OpenNebula does where there is none. */
export function objectAt<One>(
  call: MethodCall,
  at: number,
  of: { readonly kind: string; readonly all: ReadonlyMap<number, One> },
): One {
  const id = int(call, at);
  const found = of.all.get(id);
  if (found === undefined) throw noExists(call.method, of.kind, id);
  return found;
}

/** Whether the user belongs to oneadmin's group, which may do everything. */
export function isAdmin(user: FakeUser): boolean {
  return user.id === 0 || user.groups.includes(0);
}

/** Refuses whoever is no administrator. */
export function adminOnly(call: MethodCall, right: string): void {
  if (!isAdmin(call.user)) throw notAuthorized(call.method, call.user.id, right);
}

/** Refuses whoever neither owns the object nor is an administrator. */
export function ownerOnly(
  call: MethodCall,
  object: { readonly uid: number; readonly id: number },
  right: string,
): void {
  if (object.uid !== call.user.id) adminOnly(call, `${right} [${object.id}]`);
}
