import type { StageContext } from "../dsl/context.ts";
import { lossFailures } from "./failures.ts";
import { type Machine, remoteRoot } from "./machine.ts";

/** File of a server that holds the id of a boot that the run itself asked for. */
export const askedBoot = `${remoteRoot}/asked-boot`;

/** Work on servers, and whether it may go on where a trouble that passes interrupted it. */
export interface ServerWork {
  /** Words for it, such as `the build`. */
  readonly title: string;
  /** `once`: what follows a broken attempt on the same servers proves nothing any more. */
  readonly repeatable: "once" | "again";
}

/**
 * Does work on servers that a holder gave. Where it breaks off and a server turns out to be lost, or it may not be
 * repeated on the same ones, the failure is `servers-lost`: holder and users are attempted again on fresh servers.
 */
export async function onServers<Result>(
  machines: readonly Machine[],
  of: ServerWork,
  ctx: StageContext,
  work: () => Promise<Result>,
): Promise<Result> {
  const began = performance.now();
  try {
    return await work();
  } catch (error) {
    const kind = classOf(error);
    if (ctx.signal.aborted || kind === "test" || kind === "lost") throw error;
    const lost = await lostServers(machines, performance.now() - began, ctx);
    if (lost.length > 0) return ctx.fail(lossFailures.serversLost(of.title, lost), error);
    if (kind !== "transient" || of.repeatable === "again") throw error;
    return ctx.fail(lossFailures.serversLost(of.title, [worded(error)]), error);
  }
}

/** The class of the failure that an error carries; undefined for an error that nobody expected. */
function classOf(error: unknown): unknown {
  const failure = error instanceof Error && "failure" in error ? error.failure : undefined;
  return typeof failure === "object" && failure !== null && "class" in failure ? failure.class : undefined;
}

function worded(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const askBoot = `cat /proc/uptime; cmp -s ${askedBoot} /proc/sys/kernel/random/boot_id && echo asked || true`;

/**
 * Servers that do not answer any more, or that started again within the last `agoMs` milliseconds without being
 * asked to: a line for each.
 */
export async function lostServers(
  machines: readonly Machine[],
  agoMs: number,
  ctx: StageContext,
): Promise<readonly string[]> {
  const states = await Promise.all(
    machines.map(async ({ server, connect }) => {
      try {
        const options = { signal: ctx.signal, timeoutMs: 60_000 };
        const [uptime = "", asked] = (await (await connect()).must(askBoot, options)).stdout.split("\n");
        return Number.parseFloat(uptime) * 1000 < agoMs && asked !== "asked" ? `${server.name} started again` : null;
      } catch (error) {
        return `${server.name}: ${worded(error)}`;
      }
    }),
  );
  return states.filter((state) => state !== null);
}
