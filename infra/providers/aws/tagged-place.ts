import type { Resource } from "../provider.ts";
import type { TaggedPlace } from "../tagged-place.ts";
import { type Ec2Resource, listEc2 } from "./listing.ts";
import { releaseEc2 } from "./release.ts";

/** Regions of EC2, as one place whose resources are found by their tags. Ids read `eu-central-1/i-0abc`. */
export function awsTaggedPlace(regions: readonly string[]): TaggedPlace {
  const found = async (filter: { readonly run?: string }, where = regions): Promise<readonly Ec2Resource[]> =>
    (await Promise.all(where.map((region) => listEc2(region, filter)))).flat();
  return {
    provider: "aws",
    async list({ run, node }) {
      const all = (await found(run === undefined ? {} : { run })).map(plain);
      return node === undefined ? all : all.filter((one) => one.node === node);
    },
    async release(resources, io) {
      // Listed again because only what carries our tags now is ours to remove.
      const wanted = new Set(resources.map(({ id }) => id));
      const where = new Set(resources.map(({ id }) => id.slice(0, id.indexOf("/"))));
      const ours = (await found({}, [...where])).filter((one) => wanted.has(idOf(one)));
      return (await releaseEc2(ours, io)).map(({ resource, why }) => ({ resource: plain(resource), why }));
    },
  };
}

function idOf({ region, id }: Ec2Resource): string {
  return `${region}/${id}`;
}

function plain(found: Ec2Resource): Resource {
  const tag = (name: string): string => found.tags.get(name) ?? "";
  const { type: kind } = found;
  return {
    provider: "aws",
    id: idOf(found),
    kind,
    run: tag("run"),
    node: tag("node"),
    expiresAt: tag("expires-at"),
  };
}
