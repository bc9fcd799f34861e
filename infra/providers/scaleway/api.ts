import * as z from "zod";
import { InfraError } from "../../failure.ts";
import { failureOfErrors } from "../../pulumi/diagnostics.ts";
import { JsonApi, tokenAddress } from "../json-api.ts";
import { noApiToken, unreadableAnswer } from "../json-api-failures.ts";

/** Scaleway's API. Throws an InfraError without `SCW_SECRET_KEY`; `SCW_API_URL` is another address of it. */
export function scalewayApi(environment: NodeJS.ProcessEnv = process.env): JsonApi {
  const token = environment.SCW_SECRET_KEY;
  if (token === undefined || token === "") throw new InfraError(noApiToken("scaleway", "SCW_SECRET_KEY"));
  return new JsonApi({
    url: tokenAddress("SCW_API_URL", environment.SCW_API_URL ?? "https://api.scaleway.com"),
    token,
    failure: (message) => failureOfErrors("scaleway", [{ message }], [token]),
  });
}

/** As many as one page may have. */
const pageSize = 100;

/** Every entry of a list of the API, whatever the number of its pages; an InfraError for an answer of another form. */
export async function everyEntry<Entry>(
  api: JsonApi,
  list: { readonly path: string; readonly key: string; readonly entry: z.ZodType<Entry> },
  signal: AbortSignal,
): Promise<readonly Entry[]> {
  const page = z.object({ [list.key]: z.array(list.entry), total_count: z.int() });
  const found: Entry[] = [];
  for (let number = 1; ; number += 1) {
    const path = `${list.path}?page=${number}&page_size=${pageSize}`;
    const read = page.safeParse((await api.get(path, signal))?.body);
    if (!read.success) throw new InfraError(unreadableAnswer("scaleway", path, z.prettifyError(read.error)));
    const entries = z.array(list.entry).parse(read.data[list.key]);
    found.push(...entries);
    if (entries.length === 0 || found.length >= z.int().parse(read.data.total_count)) return found;
  }
}
