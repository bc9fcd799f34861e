import { type ApiAnswer, type ApiRequest, pageOf, type ServedApi, serveApi } from "../http-api.ts";
import { ProviderRefusal, type World } from "../world.ts";
import { scalewayError } from "./errors.ts";
import { collections, type FakeScaleway, type ScalewayThing } from "./provider.ts";

/** How long a deleted server is still listed, in milliseconds: at Scaleway it takes minutes. */
const deletingMs = 40;

/**
 * The part of Scaleway's HTTP API that lists and deletes, over a fake's own things: in the same world, whose rules hold for
 * a delete as they do for Pulumi's, and for a list as for a lookup of `servers`, `private-networks`, `vpcs` or `ssh-keys`.
 */
export function serveScalewayApi(fake: FakeScaleway, world: World): Promise<ServedApi> {
  const deleting = new Map<string, number>();
  const denied = answerOf(new ProviderRefusal("denied_authentication"));
  return serveApi(async (request) => {
    const asked = parse(request.path);
    if (asked === null) return { status: 404, body: { type: "not_found", message: "resource is not found" } };
    for (const [id, since] of deleting) {
      if (Date.now() - since < deletingMs) continue;
      deleting.delete(id);
      await fake.delete({ type: "", name: "" }, id);
    }
    return answer({ fake, world, deleting }, asked, request).catch((error: unknown) => {
      if (error instanceof ProviderRefusal) return answerOf(error);
      throw error;
    });
  }, denied);
}

interface Served {
  readonly fake: FakeScaleway;
  readonly world: World;
  readonly deleting: Map<string, number>;
}

interface Asked {
  readonly collection: string;
  /** Null for keys. */
  readonly place: string | null;
  readonly id: string | null;
}

async function answer({ fake, world, deleting }: Served, asked: Asked, request: ApiRequest): Promise<ApiAnswer> {
  const { collection, place, id } = asked;
  const here = fake.things().filter((thing) => thing.type === collections[collection] && inPlace(thing, place));
  if (id === null) {
    const all = await world.meet({ on: "lookup", type: collection, name: collection }, async () => here);
    const page = pageOf(all, request.query, "page_size").map((thing) => told(thing, deleting));
    return { status: 200, body: { [collection.replace("-", "_")]: page, total_count: all.length } };
  }
  const thing = here.find((one) => uuidOf(one) === id);
  if (thing === undefined) return { status: 404, body: { type: "not_found", resource_id: id } };
  if (request.method === "DELETE" && !deleting.has(thing.id))
    await world.meet({ on: "delete", type: thing.type, name: thing.name }, async () => {
      if (fake.isUsed(thing.id)) throw new ProviderRefusal("precondition_failed");
      if (collection === "servers") deleting.set(thing.id, Date.now());
      else await fake.delete(thing, thing.id);
    });
  if (request.method === "DELETE" && collection !== "servers") return { status: 204 };
  return { status: 200, body: told(thing, deleting) };
}

function told(thing: ScalewayThing, deleting: ReadonlyMap<string, number>) {
  const status = deleting.has(thing.id) ? "deleting" : "ready";
  return { id: uuidOf(thing), name: thing.label, tags: thing.tags, status };
}

function answerOf(refusal: ProviderRefusal): ApiAnswer {
  const known = scalewayError(refusal);
  if (known === null) return { status: 500, body: { message: refusal.code } };
  return { status: known.status, body: { type: known.type, ...known.fields } };
}

const zonal = /^\/baremetal\/v1\/zones\/([a-z0-9-]+)\/(servers)(?:\/([^/]+))?$/;
const regional = /^\/vpc\/v2\/regions\/([a-z-]+)\/(private-networks|vpcs)(?:\/([^/]+))?$/;
const global = /^\/iam\/v1alpha1\/(ssh-keys)(?:\/([^/]+))?$/;

function parse(path: string): Asked | null {
  const placed = zonal.exec(path) ?? regional.exec(path);
  if (placed !== null) return { place: placed[1] ?? null, collection: placed[2] ?? "", id: placed[3] ?? null };
  const keys = global.exec(path);
  return keys === null ? null : { place: null, collection: keys[1] ?? "", id: keys[2] ?? null };
}

function inPlace({ id }: ScalewayThing, place: string | null): boolean {
  return place === null || id.startsWith(`${place}/`);
}

function uuidOf({ id }: ScalewayThing): string {
  return id.slice(id.lastIndexOf("/") + 1);
}
