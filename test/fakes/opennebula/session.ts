import { type FakeUser, type FakeWorld, nowOf } from "./world.ts";

/** The user of a session: `name:password` or `name:token`, tokens as long as they are good. */
export function authenticated(world: FakeWorld, session: string): FakeUser | undefined {
  const [name = "", ...rest] = session.split(":");
  const secret = rest.join(":");
  const user = [...world.users.values()].find((one) => one.name === name);
  const end = user?.tokens.get(secret);
  const byToken = end !== undefined && (end === -1 || nowOf(world) < end);
  return user !== undefined && (user.password === secret || byToken) ? user : undefined;
}
