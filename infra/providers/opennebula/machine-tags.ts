import type { Owner } from "../../../pipelines/dsl/context.ts";
import { type Tags, tagsOf } from "../../tags.ts";
import type { Resource } from "../provider.ts";
import type { OpenNebulaMachine } from "./calls/virtual-machine.ts";

/** Name of the provider in resources and facts. */
export const openNebulaName = "opennebula";

/** The attribute that carries a tag: OpenNebula takes no hyphens in names. */
export function tagAttribute(tag: keyof Tags): string {
  return `EDGECERT_${tag.toUpperCase().replaceAll("-", "_")}`;
}

/** The tags of what an owner creates, as attributes of a machine. */
export function tagAttributes(owner: Owner): Readonly<Record<string, string>> {
  const tags = tagsOf(owner);
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [`EDGECERT_${name.toUpperCase().replaceAll("-", "_")}`, value]),
  );
}

/** A machine that carries our tags, with the token of whoever made it. */
export interface TaggedMachine {
  readonly machine: OpenNebulaMachine;
  readonly resource: Resource;
  /** 0 where the tag is no number. */
  readonly token: number;
}

/** The machine with its tags; undefined for one of somebody else. */
export function taggedMachine(machine: OpenNebulaMachine): TaggedMachine | undefined {
  const tag = (name: keyof Tags) => machine.attributes.get(tagAttribute(name)) ?? "";
  if (tag("managed-by") !== "edgecert") return undefined;
  const owner = { run: tag("run"), node: tag("node"), expiresAt: tag("expires-at") };
  const resource = { provider: openNebulaName, id: String(machine.id), kind: "virtual-machine", ...owner };
  return { machine, resource, token: Number(tag("owner")) || 0 };
}
