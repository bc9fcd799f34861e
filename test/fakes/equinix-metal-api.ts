import type { EquinixThing, FakeEquinixMetal } from "./equinix-metal.ts";
import { type ApiAnswer, type ApiRequest, pageOf, type ServedApi, serveApi } from "./http-api.ts";
import { ProviderRefusal, type World } from "./world.ts";

const types: Readonly<Record<string, string>> = {
  devices: "equinix-metal:index/device:Device",
  "ssh-keys": "equinix-metal:index/projectSshKey:ProjectSshKey",
  "virtual-networks": "equinix-metal:index/vlan:Vlan",
  projects: "equinix-metal:index/project:Project",
};

/** HTTP status of the fake's codes: the API has no codes of its own. */
const statuses: Readonly<Record<string, number>> = { Throttled: 429, Unauthorized: 401, InternalError: 500 };

/**
 * The part of Equinix Metal's HTTP API that listed and deleted, over a fake's own things, in the same world: its rules hold
 * for a delete as they do for Pulumi's, and for a list as for a lookup of `devices`, `ssh-keys`, `virtual-networks` or
 * `projects`. A project with devices in it was not deleted.
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
  const [, project, collection = ""] = /^\/metal\/v1(?:\/projects\/([^/]+))?\/([a-z-]+)$/.exec(request.path) ?? [];
  if (request.method === "GET" && types[collection] !== undefined) {
    const own = fake.things().filter((thing) => thing.type === types[collection] && thing.project === (project ?? ""));
    const all = await world.meet({ on: "lookup", type: collection, name: collection }, async () => own);
    const whole = collection === "devices" || collection === "projects" ? null : all.map(told);
    const page = whole ?? pageOf(all, request.query, "per_page").map(told);
    const meta = whole === null ? { meta: { total: all.length } } : {};
    return { status: 200, body: { [collection.replace("-", "_")]: page, ...meta } };
  }
  const [, kind = "", id] = /^\/metal\/v1\/([a-z-]+)\/([^/]+)$/.exec(request.path) ?? [];
  const thing = fake.things().find((one) => one.id === id && one.type === types[kind]);
  if (request.method !== "DELETE" || thing === undefined) return { status: 404, body: { errors: ["Not found"] } };
  await world.meet({ on: "delete", type: thing.type, name: thing.name }, async () => {
    const inside = fake.things().some((one) => one.project === thing.id && one.type === types.devices);
    if (inside) throw new ProviderRefusal("Cannot delete a project with active devices");
    await fake.delete(thing, thing.id);
  });
  return { status: 204 };
}

/** A thing as its list tells it: which field its words are in differs. */
function told({ id, type, words }: EquinixThing) {
  const [text] = words;
  if (type === types.devices) return { id, tags: words, metro: { code: "am" } };
  if (type === types["ssh-keys"]) return { id, label: text };
  return type === types.projects ? { id, name: text } : { id, description: text };
}
