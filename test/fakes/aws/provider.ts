import { setTimeout } from "node:timers/promises";
import { DescribeImagesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import * as z from "zod";
import type { Machines } from "../machines.ts";
import type { FakeProvider, Properties } from "../provider.ts";
import { isPassing, wordEc2 } from "./errors.ts";
import { hostKinds } from "./hosts.ts";
import { type Kind, type Region, tagged, tagsOf, writeTags } from "./kind.ts";
import { networkKinds } from "./network.ts";
import { endTogether } from "./power.ts";

const kinds: Readonly<Record<string, Kind>> = { ...networkKinds, ...hostKinds };

/** How long the provider waits before it tries again, in milliseconds; the real one begins with a second. */
const pauseMs = 20;

/**
 * Pulumi's provider `aws` over an emulated EC2, which alone keeps what exists and its tags. Knows the resources that the
 * program `aws` uses; any other fails by its name.
 */
export function fakeAws(options: {
  readonly url: string;
  readonly version: string;
  readonly machines: Machines;
  /** Aborted when nobody asks it any more. */
  readonly ended: AbortSignal;
}): FakeProvider {
  const config = { region: "us-east-1", maxRetries: 25 };
  const regions = new Map<string, Region>();
  const region = (): Region => {
    const known = regions.get(config.region);
    if (known !== undefined) return known;
    const credentials = { accessKeyId: "fake", secretAccessKey: "fake" };
    const ec2 = new EC2Client({ region: config.region, endpoint: options.url, credentials });
    const made = { ec2, machines: options.machines };
    regions.set(config.region, made);
    endTogether(made, options.ended);
    return made;
  };
  return {
    name: "aws",
    version: options.version,
    changeable: ["tags", "volumeTags", "ingress", "egress"],
    autonamed: { "aws:ec2/keyPair:KeyPair": "keyName", "aws:ec2/securityGroup:SecurityGroup": "name" },
    async configure(values) {
      const read = z.object({ region: z.string(), maxRetries: z.coerce.number().default(25) }).parse(values);
      Object.assign(config, read);
    },
    create: ({ type }, inputs) => kindOf(type).create(region(), inputs),
    async read({ type }, id, outputs) {
      const kind = kindOf(type);
      if (!(await kind.exists(region(), id))) return null;
      const tags = await tagsOf(region().ec2, kind.tagged?.(outputs) ?? id);
      return { id, outputs: outputs.tags === undefined ? outputs : { ...outputs, tags } };
    },
    async update({ type }, { id, inputs, outputs }) {
      await writeTags(region().ec2, kindOf(type).tagged?.(outputs) ?? id, tagged.parse(inputs).tags);
      await kindOf(type).updated?.(region(), id, inputs);
      return { id, outputs: { ...outputs, ...inputs } };
    },
    async delete({ type }, id, outputs) {
      const kind = kindOf(type);
      if (await kind.exists(region(), id)) await kind.delete(region(), id, outputs);
    },
    async lookup(token, inputs) {
      if (token === "aws:ec2/getAmi:getAmi") return newestImage(region().ec2, inputs);
      if (token === "aws:ec2/getSubnet:getSubnet") return existingSubnet(region().ec2, inputs);
      throw new Error(`this fake cannot look up ${token}`);
    },
    async attempts(call) {
      for (let retry = 1; ; retry += 1) {
        try {
          return await call();
        } catch (error) {
          if (!isPassing(error) || retry > config.maxRetries) throw error;
          await setTimeout(pauseMs);
        }
      }
    },
    word: wordEc2,
  };
}

function kindOf(type: string): Kind {
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`this fake has no ${type}: add it below test/fakes/aws`);
  return kind;
}

async function newestImage(ec2: EC2Client, inputs: Properties): Promise<Properties> {
  const { owners, filters } = z
    .object({
      owners: z.array(z.string()),
      filters: z.array(z.object({ name: z.string(), values: z.array(z.string()) })),
    })
    .parse(inputs);
  const Filters = filters.map(({ name, values }) => ({ Name: name, Values: values }));
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: owners, Filters }));
  const [newest] = Images.toSorted((a, b) => (b.CreationDate ?? "").localeCompare(a.CreationDate ?? ""));
  if (newest?.ImageId === undefined)
    throw new Error("Your query returned no results. Please change your search criteria and try again.");
  return {
    id: newest.ImageId,
    imageId: newest.ImageId,
    name: newest.Name ?? "",
    architecture: newest.Architecture ?? "",
  };
}

async function existingSubnet(ec2: EC2Client, inputs: Properties): Promise<Properties> {
  const { id } = z.object({ id: z.string() }).parse(inputs);
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [id] }));
  const [found] = Subnets;
  return { id, vpcId: found?.VpcId ?? "", availabilityZone: found?.AvailabilityZone ?? "" };
}
