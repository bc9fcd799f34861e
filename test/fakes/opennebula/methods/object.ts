import { type Attribute, merged, parseTemplate, TemplateError, tag, textOf } from "../attributes.ts";
import { int, isAdmin, type Method, type MethodCall, method, objectAt, ownerOnly, string } from "../method.ts";
import { internal, Refusal } from "../refusal.ts";
import { type FakeObject, type FakeWorld, nextId, nowOf } from "../world.ts";

/** A kind of objects: how its methods are called and where its objects are. */
export interface ObjectKind<One extends FakeObject> {
  /** The middle of a method's name, such as `template`. */
  readonly prefix: string;
  /** OpenNebula's word in its messages, such as `virtual machine template`. */
  readonly kind: string;
  /** The word of rights, such as `TEMPLATE`. */
  readonly right: string;
  /** Name of the pool's method and document. */
  readonly pool: { readonly method: string; readonly element: string; readonly paged: boolean };
  all(world: FakeWorld): Map<number, One>;
  xml(world: FakeWorld, one: One): string;
}

/** The template at a place of the parameters, refused as OpenNebula refuses what it cannot read. */
export function templateAt(call: MethodCall, at: number): Attribute[] {
  try {
    return parseTemplate(string(call, at));
  } catch (error) {
    if (error instanceof TemplateError) throw internal(call.method, `Parse error: ${error.message}`);
    throw error;
  }
}

/** What every new object has, with its name out of the template. Refused where there is none, or another has it. */
export function born(
  call: MethodCall,
  of: { readonly kind: string; readonly all: ReadonlyMap<number, FakeObject> },
  attributes: Attribute[],
): FakeObject {
  const { world, user } = call;
  const name = textOf(attributes, "NAME") ?? "";
  if (name === "") throw internal(call.method, "NAME cannot be empty.");
  const taken = [...of.all.values()].find((one) => one.name === name && one.uid === user.id);
  if (taken !== undefined)
    throw new Refusal(
      0x4000,
      `[${call.method}] Error allocating a new ${of.kind}. NAME is already taken by ${of.kind.toUpperCase()} ${taken.id}.`,
    );
  const rest = attributes.filter((one) => one.name !== "NAME");
  return {
    id: nextId(world, of.all),
    name,
    uid: user.id,
    gid: user.groups[0] ?? 1,
    attributes: rest,
    born: nowOf(world),
  };
}

/** The methods that every kind of objects has: info, pool, delete, rename, update. */
export function objectMethods<One extends FakeObject>(of: ObjectKind<One>): [string, Method][] {
  const object = (call: MethodCall) => objectAt(call, 0, { kind: of.kind, all: of.all(call.world) });
  const name = (word: string) => `one.${of.prefix}.${word}`;
  return [
    [name("info"), method(["int", "boolean", "boolean"], (call) => of.xml(call.world, object(call)), 1)],
    [of.pool.method, of.pool.paged ? pagedPool(of) : method(["boolean"], (call) => wholePool(of, call), 0)],
    [
      name("delete"),
      method(
        ["int", "boolean"],
        (call) => {
          const one = object(call);
          ownerOnly(call, one, `MANAGE ${of.right}`);
          of.all(call.world).delete(one.id);
          return one.id;
        },
        1,
      ),
    ],
    [
      name("rename"),
      method(["int", "string"], (call) => {
        const one = object(call);
        ownerOnly(call, one, `MANAGE ${of.right}`);
        one.name = string(call, 1);
        return one.id;
      }),
    ],
    [
      name("update"),
      method(["int", "string", "int"], (call) => {
        const one = object(call);
        ownerOnly(call, one, `MANAGE ${of.right}`);
        const given = templateAt(call, 1);
        one.attributes = int(call, 2) === 1 ? merged(one.attributes, given) : given;
        return one.id;
      }),
    ],
  ];
}

function wholePool<One extends FakeObject>(of: ObjectKind<One>, { world }: MethodCall): string {
  return tag(
    of.pool.element,
    [...of.all(world).values()].map((one) => of.xml(world, one)),
  );
}

function pagedPool<One extends FakeObject>(of: ObjectKind<One>): Method {
  return method(["int", "int", "int"], (call) => {
    const shown = page(call, [...of.all(call.world).values()]);
    return tag(
      of.pool.element,
      shown.map((one) => of.xml(call.world, one)),
    );
  });
}

/**
 * The objects that a filter and a range let through (`RequestManagerPoolInfoFilter.cc`): -3 the user's own, -1 also its
 * groups', -2 all that it may see; a range of numbers, or an offset and a number of objects written as negative end.
 */
export function page<One extends FakeObject>(call: MethodCall, all: readonly One[]): readonly One[] {
  const [filter, start, end] = [int(call, 0), int(call, 1), int(call, 2)];
  if (filter < -4) throw new Refusal(0x1000, `[${call.method}] Incorrect filter_flag`);
  const { user } = call;
  const mine = ({ uid }: One) => uid === user.id;
  const grouped = ({ gid }: One) => user.groups.includes(gid);
  const visible = all.filter((one) => {
    if (filter === -3) return mine(one);
    if (filter === -1) return mine(one) || grouped(one);
    if (filter >= 0) return one.uid === filter && (mine(one) || isAdmin(user));
    return mine(one) || isAdmin(user) || one.uid === 0;
  });
  if (start >= 0 && end < -1) return visible.slice(start, start - end);
  return visible.filter(({ id }) => id >= start && (end === -1 || id <= end));
}
