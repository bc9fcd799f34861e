import { CreateTagsCommand, DescribeTagsCommand, type EC2Client, type TagSpecification } from "@aws-sdk/client-ec2";
import * as z from "zod";
import type { Machines } from "../machines.ts";
import type { Made, Properties } from "../provider.ts";

/** One region of the emulated cloud. */
export interface Region {
  readonly ec2: EC2Client;
  readonly machines: Machines;
}

/** What the fake can do with one type of resource. Each id is the one that EC2 gave, or the one Pulumi's provider uses. */
export interface Kind {
  create(region: Region, inputs: Properties): Promise<Made>;
  exists(region: Region, id: string): Promise<boolean>;
  /** Throws what EC2 answers, also where the resource is gone. */
  delete(region: Region, id: string, outputs: Properties): Promise<void>;
  /** What changes of its inputs change beyond its own tags. */
  updated?(region: Region, id: string, inputs: Properties): Promise<void>;
  /** The id under which EC2 keeps the resource's tags, where that is another one. */
  tagged?(outputs: Properties): string;
}

/** Tags among the inputs of a resource. */
export const tagged = z.object({ tags: z.record(z.string(), z.string()).default({}) });

/** Tags as the call that creates a resource takes them. */
export function tagsFor(
  type: NonNullable<TagSpecification["ResourceType"]>,
  tags: Readonly<Record<string, string>>,
): TagSpecification[] {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return list.length === 0 ? [] : [{ ResourceType: type, Tags: list }];
}

/** The tags that EC2 keeps for a resource. */
export async function tagsOf(ec2: EC2Client, id: string): Promise<Record<string, string>> {
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }] }));
  return Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** Writes tags of a resource that exists. */
export async function writeTags(ec2: EC2Client, id: string, tags: Readonly<Record<string, string>>): Promise<void> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  if (Tags.length > 0) await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
}

/** The value that EC2 must have answered. */
export function answered<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the emulator answered without ${what}`);
  return value;
}
