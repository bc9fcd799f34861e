import * as z from "zod";
import { InfraError } from "../../failure.ts";
import { equinixMetalEnded } from "../../programs/failures.ts";
import { failureOfErrors } from "../../pulumi/diagnostics.ts";
import { decodeTags } from "../../tags.ts";
import { JsonApi, tokenAddress } from "../json-api.ts";
import { unreadableAnswer } from "../json-api-failures.ts";
import { tagMap } from "../tag-words.ts";

/** Something at Equinix Metal that carries our tags. */
export interface EquinixMetalResource {
  readonly id: string;
  readonly type: "device" | "virtual-network" | "ssh-key" | "project";
  /** Project that it stands in; of a project its own id. */
  readonly place: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Which resources of ours: those of one run, or all. */
export interface EquinixMetalFilter {
  readonly run?: string;
}

/** Only devices have tags; in all else a text carries them. */
const entry = z.object({
  id: z.string(),
  tags: z.array(z.string()).nullish(),
  label: z.string().nullish(),
  name: z.string().nullish(),
  description: z.string().nullish(),
});

/** Where each type is listed and deleted, in the order in which it can be deleted. */
const collections = {
  device: "devices",
  "virtual-network": "virtual-networks",
  "ssh-key": "ssh-keys",
  project: "projects",
} as const;

/**
 * What exists in a project, and in projects that were made for a cluster, and carries our tags, whether or not anybody
 * remembers it: in an order in which it can be deleted. The service ended, so it asks the fake at `METAL_API_URL`, and
 * throws an InfraError where there is none.
 */
export async function listEquinixMetal(
  projectId: string | null,
  filter: EquinixMetalFilter = {},
  signal: AbortSignal = AbortSignal.timeout(300_000),
): Promise<readonly EquinixMetalResource[]> {
  const api = fakeApi();
  const ours = ({ tags }: EquinixMetalResource) =>
    tags.get("managed-by") === "edgecert" && (filter.run === undefined || tags.get("run") === filter.run);
  const made = (await list(api, "project", null, signal)).filter(ours);
  const searched = new Set([...(projectId === null ? [] : [projectId]), ...made.map(({ id }) => id)]);
  const found: EquinixMetalResource[] = [];
  for (const type of ["device", "virtual-network", "ssh-key"] as const)
    for (const project of searched) found.push(...(await list(api, type, project, signal)).filter(ours));
  return [...found, ...made];
}

/** Deletes one listed resource; succeeds for what is gone. */
export async function releaseEquinixMetal(
  { id, type }: Pick<EquinixMetalResource, "id" | "type">,
  signal: AbortSignal,
): Promise<void> {
  await fakeApi().delete(`/metal/v1/${collections[type]}/${encodeURIComponent(id)}`, signal);
}

function fakeApi(): JsonApi {
  const address = process.env.METAL_API_URL;
  if (address === undefined || address === "") throw new InfraError(equinixMetalEnded);
  return new JsonApi({
    url: tokenAddress("METAL_API_URL", address),
    // No credential: a real one of the environment is not sent to a fake.
    token: "fake",
    // Status and text, as the provider's own messages have them.
    failure: (message) => failureOfErrors("equinix-metal", [{ message: message.replace("http error ", "") }]),
  });
}

/** As many as one page may have; the API gives at most 100. */
const pageSize = 100;

async function list(
  api: JsonApi,
  type: EquinixMetalResource["type"],
  project: string | null,
  signal: AbortSignal,
): Promise<readonly EquinixMetalResource[]> {
  const within = project === null ? "" : `/projects/${encodeURIComponent(project)}`;
  const key = collections[type].replace("-", "_");
  // Lists without a total come whole.
  const page = z.object({ [key]: z.array(entry), meta: z.object({ total: z.int() }).nullish() });
  const found: EquinixMetalResource[] = [];
  for (let number = 1; ; number += 1) {
    const path = `/metal/v1${within}/${collections[type]}?page=${number}&per_page=${pageSize}`;
    const answer = await api.get(path, signal);
    // Because a project that was deleted meanwhile has nothing left in it.
    if (answer === null && project !== null) return found;
    const read = page.safeParse(answer?.body);
    if (!read.success) throw new InfraError(unreadableAnswer("equinix-metal", path, z.prettifyError(read.error)));
    const entries = z.array(entry).parse(read.data[key]);
    found.push(...entries.map((one) => ({ id: one.id, type, place: project ?? one.id, tags: tagsIn(one) })));
    const { total } = z.object({ total: z.int().default(0) }).parse(read.data.meta ?? {});
    if (number * pageSize >= total) return found;
  }
}

function tagsIn({ tags, label, name, description }: z.infer<typeof entry>): ReadonlyMap<string, string> {
  if (tags?.length) return tagMap(tags);
  const texts = [label, name, description].map((text) => decodeTags(text ?? ""));
  return texts.find((found) => found !== undefined) ?? new Map();
}
