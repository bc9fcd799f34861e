import type { EquinixThing, FakeEquinixMetal } from "./equinix-metal.ts";
import { type ApiAnswer, type ApiRequest, pageOf, type ServedApi, serveApi } from "./http-api.ts";
import { ProviderRefusal, type World } from "./world.ts";

const types: Readonly<Record<string, string>> = {
  devices: "equinix-metal:index/device:Device",
  "ssh-keys": "equinix-metal:index/projectSshKey:ProjectSshKey",
};

/** HTTP status of the fake's codes: the API has no codes of its own. */
const statuses: Readonly<Record<string, number>> = { Throttled: 429, Unauthorized: 401, InternalError: 500 };

/**
 * The part of Equinix Metal's HTTP API that listed and deleted, over a fake's own things, in the same world: its rules hold
 * for a delete as they do for Pulumi's, and for a list as for a lookup of `devices` or `ssh-keys`.
 */
export function serveEquinixMetalApi(fake: FakeEquinixMetal, world: World): Promise<ServedApi> {
  const denied = { status: 401, body: { errors: ["Invalid authentication token"] } };
  return serveApi(
    (request) =>
      answer(fake, world, request).catch((error: unknown) => {
        if (!(error instanceof ProviderRefusal)) throw error;
        return { status: statuses[error.code] ?? 422, body: { errors: [error.code] } };
      }),
    denied,
  );
}

async function answer(fake: FakeEquinixMetal, world: World, request: ApiRequest): Promise<ApiAnswer> {
  const [, project, collection = ""] = /^\/metal\/v1\/projects\/([^/]+)\/(devices|ssh-keys)$/.exec(request.path) ?? [];
  if (project !== undefined) {
    const own = fake.things().filter((thing) => thing.type === types[collection] && thing.project === project);
    const all = await world.meet({ on: "lookup", type: collection, name: collection }, async () => own);
    const page = pageOf(all, request.query, "per_page").map(told);
    return { status: 200, body: { [collection.replace("-", "_")]: page, meta: { total: all.length } } };
  }
  const [, kind = "", id] = /^\/metal\/v1\/(devices|ssh-keys)\/([^/]+)$/.exec(request.path) ?? [];
  const thing = fake.things().find((one) => one.id === id && one.type === types[kind]);
  if (request.method !== "DELETE" || thing === undefined) return { status: 404, body: { errors: ["Not found"] } };
  await world.meet({ on: "delete", type: thing.type, name: thing.name }, () => fake.delete(thing, thing.id));
  return { status: 204 };
}

function told({ id, type, words }: EquinixThing) {
  return type === types.devices ? { id, tags: words, metro: { code: "am" } } : { id, label: words[0] };
}
