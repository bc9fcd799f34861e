import type http from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { terminate } from "./life.ts";
import { templateOf } from "./methods/machine.ts";
import { makeMachine } from "./methods/machine-making.ts";
import { Refusal } from "./refusal.ts";
import { authenticated } from "./session.ts";
import { type FakeDocument, type FakeUser, type FakeWorld, nextId, nowOf } from "./world.ts";

/** What a role of a service template is, as versions before 7.0 and since then want it. */
const oldRole = z.strictObject({
  name: z.string().regex(/^\w+$/),
  cardinality: z.int().min(0).default(1),
  vm_template: z.int(),
  vm_template_contents: z.string().optional(),
  parents: z.array(z.string()).optional(),
  shutdown_action: z.enum(["shutdown", "shutdown-hard", "terminate", "terminate-hard"]).optional(),
});
const newRole = z.strictObject({
  ...{ name: oldRole.shape.name, cardinality: z.int().min(0).default(0), type: z.literal("vm"), template_id: z.int() },
  template_contents: z.record(z.string(), z.unknown()).optional(),
  ...{ parents: oldRole.shape.parents, shutdown_action: oldRole.shape.shutdown_action },
});

function bodySchema(world: FakeWorld) {
  return z.object({
    name: z.string(),
    deployment: z.enum(["none", "straight"]).default("none"),
    description: z.string().optional(),
    roles: z.array(world.version.startsWith("7") ? newRole : oldRole),
  });
}

class FlowRefusal extends Error {
  override readonly name = "FlowRefusal";
  readonly status: number;

  constructor(status: number, words: string) {
    super(words);
    this.status = status;
  }
}

/** Answers one request to OneFlow. Source of paths, words and states: the reference of its REST interface. */
export async function answerFlow(
  world: FakeWorld,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const body = await text(request).catch(() => "");
  const [, basic = ""] = /^Basic (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  const user = authenticated(world, Buffer.from(basic, "base64").toString("utf8"));
  const answer = (status: number, content: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(content === undefined ? "" : JSON.stringify(content));
  };
  if (user === undefined) return answer(401, { error: { message: "User couldn't be authenticated, aborting call." } });
  try {
    const [status, content] = act(world, user, { method: request.method ?? "GET", url: request.url ?? "/", body });
    answer(status, content);
  } catch (error) {
    const status = error instanceof FlowRefusal ? error.status : error instanceof Refusal ? 403 : 500;
    answer(status, { error: { message: error instanceof Error ? error.message : String(error) } });
  }
}

interface FlowRequest {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

function act(world: FakeWorld, user: FakeUser, request: FlowRequest): [number, unknown] {
  const [, kind = "", id, more] = request.url.split("?")[0]?.split("/") ?? [];
  if (kind !== "service" && kind !== "service_template") throw new FlowRefusal(404, "Not found");
  const one = id === undefined ? undefined : world.documents.get(Number(id));
  if (id !== undefined && (one === undefined || one.type !== kind))
    throw new FlowRefusal(404, `[one.document.info] Error getting document [${id}].`);
  const route = `${request.method} ${kind}${one === undefined ? "" : "/id"}${more === undefined ? "" : `/${more}`}`;
  const given = () => parsed(request.body);
  if (one === undefined) {
    const all = [...world.documents.values()].filter(({ type }) => type === kind);
    if (route === `GET ${kind}`)
      return [200, { DOCUMENT_POOL: { DOCUMENT: all.map((each) => documentJson(world, each)) } }];
    if (route === "POST service_template") return [201, shown(world, newDocument(world, user, given()))];
    throw new FlowRefusal(404, "Not found");
  }
  if (route === `GET ${kind}/id`) return [200, shown(world, one)];
  if (route === "POST service_template/id/action") return [201, shown(world, instantiate(world, user, one))];
  if (route === `DELETE ${kind}/id`) {
    remove(world, one);
    return [204, undefined];
  }
  throw new FlowRefusal(404, "Not found");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new FlowRefusal(500, `Error parsing JSON: ${String(error)}`);
  }
}

function newDocument(world: FakeWorld, user: FakeUser, given: unknown): FakeDocument {
  const read = bodySchema(world).safeParse(given);
  if (!read.success) throw new FlowRefusal(500, `Error validating schema: ${z.prettifyError(read.error)}`);
  return add(world, user, { type: "service_template", name: read.data.name, body: read.data });
}

function add(world: FakeWorld, user: FakeUser, of: Pick<FakeDocument, "type" | "name" | "body">): FakeDocument {
  const id = nextId(world, world.documents);
  const [gid = 1] = user.groups;
  const document = { ...of, id, uid: user.id, gid, attributes: [], born: nowOf(world) };
  world.documents.set(id, document);
  return document;
}

function instantiate(world: FakeWorld, user: FakeUser, template: FakeDocument): FakeDocument {
  const body = bodySchema(world).parse(template.body);
  const call = { world, user, method: "one.template.instantiate", parameters: [] };
  const roles = body.roles.map((role) => {
    const of = world.templates.get("vm_template" in role ? role.vm_template : role.template_id);
    if (of === undefined) throw new FlowRefusal(500, `Role ${role.name}: its template does not exist`);
    const contents = "vm_template_contents" in role ? (role.vm_template_contents ?? "") : "";
    const nodes = Array.from({ length: role.cardinality }, () => ({
      deploy_id: makeMachine(call, templateOf(of.attributes, contents), false).id,
    }));
    return { ...role, nodes };
  });
  return add(world, user, { type: "service", name: template.name, body: { ...body, roles } });
}

const nodes = z.object({ roles: z.array(z.looseObject({ nodes: z.array(z.object({ deploy_id: z.number() })) })) });

function machinesOf(world: FakeWorld, { body }: FakeDocument) {
  const { roles } = nodes.parse(body);
  return roles.flatMap((role) => role.nodes.flatMap(({ deploy_id }) => world.vms.get(deploy_id) ?? []));
}

function remove(world: FakeWorld, one: FakeDocument): void {
  if (one.type === "service") for (const vm of machinesOf(world, one)) terminate(world, vm);
  world.documents.delete(one.id);
}

/** 1 is DEPLOYING, 2 RUNNING, 7 FAILED_DEPLOYING. */
function stateOf(world: FakeWorld, one: FakeDocument): number {
  const all = machinesOf(world, one);
  if (all.some(({ state, lcm }) => state === 3 && (lcm === 36 || lcm === 39))) return 7;
  return all.every(({ state, lcm }) => state === 3 && lcm === 3) ? 2 : 1;
}

function shown(world: FakeWorld, one: FakeDocument) {
  return { DOCUMENT: documentJson(world, one) };
}

function documentJson(world: FakeWorld, one: FakeDocument) {
  const { id, uid, gid, name, type } = one;
  const body = type === "service" ? { ...one.body, state: stateOf(world, one) } : one.body;
  return {
    ...{ ID: String(id), UID: String(uid), GID: String(gid), UNAME: world.users.get(uid)?.name ?? "" },
    ...{ GNAME: world.groups.get(gid)?.name ?? "", NAME: name, TYPE: type === "service" ? "100" : "101" },
    PERMISSIONS: {
      OWNER_U: "1",
      OWNER_M: "1",
      OWNER_A: "0",
      GROUP_U: "0",
      GROUP_M: "0",
      GROUP_A: "0",
      OTHER_U: "0",
      OTHER_M: "0",
      OTHER_A: "0",
    },
    TEMPLATE: { BODY: body },
  };
}
