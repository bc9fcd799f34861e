import { randomBytes } from "node:crypto";
import { idsXml, tag, textTag, vectorsOf } from "../attributes.ts";
import { adminOnly, int, type Method, type MethodCall, method, objectAt, string } from "../method.ts";
import { metrics, quotasXml } from "../quota.ts";
import { internal, notAuthorized } from "../refusal.ts";
import { type FakeUser, type FakeWorld, livingVms, nextId, nowOf } from "../world.ts";
import { templateAt } from "./object.ts";

function userXml(world: FakeWorld, user: FakeUser): string {
  const [gid = 0] = user.groups;
  const tokens = [...user.tokens].map(([token, end]) =>
    tag("LOGIN_TOKEN", [textTag("TOKEN", token), textTag("EXPIRATION_TIME", end), textTag("EGID", -1)]),
  );
  const vms = livingVms(world).filter(({ uid }) => uid === user.id);
  return tag("USER", [
    ...[textTag("ID", user.id), textTag("GID", gid), idsXml("GROUPS", user.groups)],
    ...[textTag("GNAME", world.groups.get(gid)?.name ?? ""), textTag("NAME", user.name), textTag("PASSWORD", "")],
    ...[textTag("AUTH_DRIVER", "core"), textTag("ENABLED", 1), tag("TEMPLATE", ""), ...tokens],
    quotasXml(user.limits, vms, "USER"),
  ]);
}

function userInfo(call: MethodCall): string {
  const id = int(call, 0);
  const user = id === -1 ? call.user : objectAt(call, 0, { kind: "user", all: call.world.users });
  if (user.id !== call.user.id) adminOnly(call, `USE USER [${user.id}]`);
  return userXml(call.world, user);
}

function groupInfo(call: MethodCall): string {
  const { world } = call;
  const group = objectAt(call, 0, { kind: "group", all: world.groups });
  if (!call.user.groups.includes(group.id)) adminOnly(call, `USE GROUP [${group.id}]`);
  const members = [...world.users.values()].filter(({ groups }) => groups.includes(group.id)).map(({ id }) => id);
  const vms = livingVms(world).filter(({ gid }) => gid === group.id);
  return tag("GROUP", [
    ...[textTag("ID", group.id), textTag("NAME", group.name), tag("TEMPLATE", ""), idsXml("USERS", members)],
    ...[idsXml("ADMINS", []), quotasXml(group.limits, vms, "GROUP")],
  ]);
}

const mostTokens = 10;

/** `LoginTokenPool::set`: a token for so many seconds, -1 for ever, 0 to end it; ten at most. */
function login(call: MethodCall): string {
  const { world } = call;
  const user = [...world.users.values()].find(({ name }) => name === string(call, 0));
  if (user === undefined) throw internal(call.method, `Error getting user ${string(call, 0)}.`);
  if (user.id !== call.user.id) throw notAuthorized(call.method, call.user.id, `MANAGE USER [${user.id}]`);
  const seconds = int(call, 2);
  const wanted = string(call, 1);
  if (seconds === 0) {
    user.tokens.delete(wanted);
    return "";
  }
  for (const [token, end] of user.tokens) if (end !== -1 && end < nowOf(world)) user.tokens.delete(token);
  if (user.tokens.size >= mostTokens || seconds < -1)
    throw internal(call.method, "Max number of tokens limit reached.");
  const token = wanted === "" ? randomBytes(20).toString("hex") : wanted;
  user.tokens.set(token, seconds === -1 ? -1 : nowOf(world) + seconds);
  return token;
}

function limitsOf(call: MethodCall): ReadonlyMap<string, number> {
  const [vm] = vectorsOf(templateAt(call, 1), "VM");
  return new Map(
    [...(vm ?? [])]
      .filter(([name]) => metrics.some((one) => one === name))
      .map(([name, value]) => [name, Number(value)]),
  );
}

/** The methods of users, groups and the system. */
export const accountMethods: readonly [string, Method][] = [
  ["one.system.version", method([], ({ world }) => world.version)],
  ["one.user.info", method(["int", "boolean"], userInfo, 1)],
  [
    "one.userpool.info",
    method([], (call) =>
      tag(
        "USER_POOL",
        [...call.world.users.values()].map((user) => userXml(call.world, user)),
      ),
    ),
  ],
  ["one.group.info", method(["int", "boolean"], groupInfo, 1)],
  ["one.user.login", method(["string", "string", "int", "int"], login, 3)],
  [
    "one.user.allocate",
    method(
      ["string", "string", "string"],
      (call) => {
        adminOnly(call, "CREATE USER");
        const { users } = call.world;
        const id = Math.max(3, nextId(call.world, users));
        const [name, password] = [string(call, 0), string(call, 1)];
        users.set(id, { id, name, password, groups: [1], tokens: new Map(), limits: new Map() });
        return id;
      },
      2,
    ),
  ],
  [
    "one.user.quota",
    method(["int", "string"], (call) => {
      const user = objectAt(call, 0, { kind: "user", all: call.world.users });
      adminOnly(call, `ADMIN USER [${user.id}]`);
      user.limits = limitsOf(call);
      return user.id;
    }),
  ],
  [
    "one.group.quota",
    method(["int", "string"], (call) => {
      const group = objectAt(call, 0, { kind: "group", all: call.world.groups });
      adminOnly(call, `ADMIN GROUP [${group.id}]`);
      group.limits = limitsOf(call);
      return group.id;
    }),
  ],
];
