import { openNebulaCaller } from "./caller.ts";
import { openNebula } from "./open-nebula.ts";
import { profileOf } from "./profile.ts";
import { sessionPlace } from "./session.ts";

/** One sentence on the OpenNebula that the environment names: version, user, hosts. Throws what keeps it from being used. */
export async function examineOpenNebula(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  const place = await sessionPlace(environment);
  const one = openNebula(openNebulaCaller(place, { patienceMs: 0, timeoutMs: 10_000 }), signal);
  const { version } = profileOf(await one.accounts.version());
  const [me, hosts] = await Promise.all([one.accounts.me(), one.hosts.pool()]);
  const ready = hosts.filter(({ state }) => state === "MONITORED" || state === "MONITORING_MONITORED");
  return `${place.xmlRpc.origin} ${version} as ${me.name}: ${ready.length} of ${hosts.length} hosts are monitored`;
}
