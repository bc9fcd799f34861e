import * as z from "zod";
import { InfraError } from "../../failure.ts";
import { equinixMetalEnded } from "../../programs/failures.ts";
import { failureOfErrors } from "../../pulumi/diagnostics.ts";
import { decodeTags } from "../../tags.ts";
import { JsonApi, tokenAddress } from "../json-api.ts";
import { unreadableAnswer } from "../json-api-failures.ts";
import { tagMap } from "../tag-words.ts";

/** Something in a project that carries our tags. */
export interface EquinixMetalResource {
  readonly id: string;
  readonly type: "device" | "ssh-key";
  /** Metro of a device; a key has no place: empty. */
  readonly place: string;
  readonly tags: ReadonlyMap<string, string>;
}

/** Which resources of ours: those of one run, or all. */
export interface EquinixMetalFilter {
  readonly run?: string;
}

const meta = z.object({ total: z.int() });
const devices = z.object({
  devices: z.array(
    z.object({
      id: z.string(),
      tags: z.array(z.string()).default([]),
      metro: z.object({ code: z.string() }).nullish(),
    }),
  ),
  meta,
});
const keys = z.object({ ssh_keys: z.array(z.object({ id: z.string(), label: z.string().default("") })), meta });

/**
 * What exists in a project and carries our tags, whether or not anybody remembers it: devices first. The service ended, so
 * it asks the fake at `METAL_API_URL`, and throws an InfraError where there is none.
 */
export async function listEquinixMetal(
  projectId: string,
  filter: EquinixMetalFilter = {},
  signal: AbortSignal = AbortSignal.timeout(300_000),
): Promise<readonly EquinixMetalResource[]> {
  const api = fakeApi();
  const project = `/metal/v1/projects/${encodeURIComponent(projectId)}`;
  const machines = await everyPage(api, `${project}/devices`, devices, signal);
  const logins = await everyPage(api, `${project}/ssh-keys`, keys, signal);
  const found: EquinixMetalResource[] = [
    ...machines.flatMap((page) =>
      page.devices.map(({ id, tags, metro }) => ({
        id,
        type: "device" as const,
        place: metro?.code ?? "",
        tags: tagMap(tags),
      })),
    ),
    // Keys have no tags: their names carry them.
    ...logins.flatMap((page) =>
      page.ssh_keys.map(({ id, label }) => ({
        id,
        type: "ssh-key" as const,
        place: "",
        tags: decodeTags(label) ?? new Map<string, string>(),
      })),
    ),
  ];
  return found.filter(
    ({ tags }) => tags.get("managed-by") === "edgecert" && (filter.run === undefined || tags.get("run") === filter.run),
  );
}

/** Deletes one listed resource; succeeds for what is gone. */
export async function releaseEquinixMetal(
  { id, type }: Pick<EquinixMetalResource, "id" | "type">,
  signal: AbortSignal,
): Promise<void> {
  const collection = type === "device" ? "devices" : "ssh-keys";
  await fakeApi().delete(`/metal/v1/${collection}/${encodeURIComponent(id)}`, signal);
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

async function everyPage<Page extends { readonly meta: { readonly total: number } }>(
  api: JsonApi,
  list: string,
  page: z.ZodType<Page>,
  signal: AbortSignal,
): Promise<readonly Page[]> {
  const found: Page[] = [];
  for (let number = 1; ; number += 1) {
    const path = `${list}?page=${number}&per_page=${pageSize}`;
    const read = page.safeParse((await api.get(path, signal))?.body);
    if (!read.success) throw new InfraError(unreadableAnswer("equinix-metal", path, z.prettifyError(read.error)));
    found.push(read.data);
    if (number * pageSize >= read.data.meta.total) return found;
  }
}
