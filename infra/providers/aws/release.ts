import type { EC2Client } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { backOff } from "../../ssh/deadline.ts";
import { defaultPatienceMs, type ReleaseIo } from "../tagged-place.ts";
import { awsFaults } from "./faults.ts";
import type { Ec2Resource } from "./listing.ts";
import { ec2Removals, type Removal } from "./removals.ts";

/** A resource that is still there, and EC2's word for why. */
export interface UnreleasedEc2 {
  readonly resource: Ec2Resource;
  readonly why: string;
}

/**
 * Gives back what {@link listEc2} found, without Pulumi and whoever made it: instances first and awaited, then what they
 * held, the network from the inside out, keys last. What is gone already is released. Resolves with what is left; what
 * carries no tag of ours is left alone. Credentials come from the environment.
 */
export async function releaseEc2(resources: readonly Ec2Resource[], io: ReleaseIo): Promise<readonly UnreleasedEc2[]> {
  if (resources.length === 0) return [];
  // Imported on demand because only who has a cluster at AWS needs it, and it takes a third of a second.
  const sdk = await import("@aws-sdk/client-ec2");
  const deadline = Date.now() + (io.patienceMs ?? defaultPatienceMs);
  const left = [...Map.groupBy(resources, ({ region }) => region)].map(async ([region, all]) => {
    const client = new sdk.EC2Client({ region });
    try {
      return await releaseRegion(client, all, { deadline, signal: io.signal });
    } finally {
      client.destroy();
    }
  });
  return (await Promise.all(left)).flat();
}

interface Until {
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** One type after another, because each holds the next; those of a type at once. */
async function releaseRegion(client: EC2Client, resources: readonly Ec2Resource[], until: Until) {
  const removals = await ec2Removals(client);
  const left: UnreleasedEc2[] = resources
    .filter(({ type }) => !removals.has(type))
    .map((resource) => ({ resource, why: `edgecert does not know how to remove a ${resource.type}` }));
  for (const [type, remove] of removals) {
    const tried = resources
      .filter((one) => one.type === type)
      .map(async (resource) => ({ resource, why: await releaseOne(resource, remove, until) }));
    for (const { resource, why } of await Promise.all(tried)) if (why !== null) left.push({ resource, why });
  }
  return left;
}

/** Null when it is gone, else why it is not. */
async function releaseOne(resource: Ec2Resource, remove: Removal, until: Until): Promise<string | null> {
  if (resource.tags.get("managed-by") !== "edgecert") return "it carries no tag of edgecert";
  for (let attempt = 0; ; attempt += 1) {
    const why = await attemptRemoval(resource.id, remove);
    if (why === null) return null;
    if (!why.passes || Date.now() >= until.deadline) return why.said;
    if (until.signal.aborted) return `${why.said} (there was no time left)`;
    await backOff(attempt, 250, 8000, until.signal).catch(() => {});
  }
}

async function attemptRemoval(id: string, remove: Removal) {
  try {
    return (await remove(id)) ? null : { said: "it is still being removed", passes: true };
  } catch (error) {
    const code = error instanceof Error ? error.name : "Unknown";
    // EC2's codes for what does not exist: `InvalidVpcID.NotFound`, `InvalidGroup.NotFound`.
    if (code.endsWith(".NotFound")) return null;
    const said = `${code}: ${error instanceof Error ? error.message : String(error)}`;
    const fault = awsFaults(`StatusCode: ${statusOf(error)}, api error ${said}`);
    // A connection that broke has a name of Node's in place of a code of EC2's.
    return { said, passes: fault?.class === "transient" || /^(?:TimeoutError|NetworkingError|E[A-Z]+)$/.test(code) };
  }
}

/** Of the answer, which the SDK keeps beside its error. */
function statusOf(error: unknown): number {
  const read = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) }).safeParse(error);
  return read.data?.$metadata.httpStatusCode ?? 400;
}
