import { createHash } from "node:crypto";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import type { SshKeyPair } from "../../hosts/ssh-key-pair.ts";
import { scheduledAttribute } from "./calls/virtual-machine.ts";
import type { VmTemplate } from "./calls/vm-template.ts";
import { architectures } from "./capacity.ts";
import { tagAttributes } from "./machine-tags.ts";
import type { OpenNebula } from "./open-nebula.ts";
import { serverError } from "./server-failures.ts";
import { startScript } from "./start-script.ts";
import type { Attributes } from "./template.ts";
import { childOf, childrenOf, textAt } from "./xml-document.ts";

/** A template for an operating system, with what its machines are made from. */
export interface ChosenTemplate extends VmTemplate {
  /** sha256 over the template and the images of its disks: number, source and time of each. */
  readonly digest: string;
}

/** The templates of the requests, in their order. A template is for an operating system by EDGECERT_OS, else by its name. */
export async function chooseTemplates(
  one: OpenNebula,
  requests: readonly ServerRequest[],
): Promise<readonly ChosenTemplate[]> {
  const all = await one.templates.pool();
  const images = await one.images.pool();
  return requests.map(({ os }) => {
    const found =
      all.find(({ template }) => textAt(template, "EDGECERT_OS") === os) ?? all.find(({ name }) => name === os);
    if (found === undefined)
      throw serverError("opennebula-no-template", `None of ${all.length} templates that this user sees is for ${os}.`);
    const hash = createHash("sha256").update(JSON.stringify([found.id, found.name, found.registered]));
    for (const disk of childrenOf(found.template, "DISK")) {
      const [id, name] = [textAt(disk, "IMAGE_ID"), textAt(disk, "IMAGE")];
      const image = images.find((each) => String(each.id) === id || each.name === name);
      hash.update(JSON.stringify(image === undefined ? [id, name] : [image.id, image.source, image.registered]));
    }
    return { ...found, digest: hash.digest("hex") };
  });
}

/** One server that is about to be made. */
export interface PlannedServer {
  readonly request: ServerRequest;
  readonly template: ChosenTemplate;
  readonly hostKey: SshKeyPair;
}

/**
 * What takes the place of the template's own attributes: size, tags, the time at which OpenNebula ends the machine by
 * itself, and what the guest is told. The template's own words to the guest stay, save where ours are of the same name.
 * Pure.
 */
export function extraAttributes(planned: PlannedServer, owner: Owner, loginKey: SshKeyPair): Attributes {
  const { request, template, hostKey } = planned;
  const { architecture = "amd64" } = request;
  const context = childOf(template.template, "CONTEXT")?.children ?? [];
  const script = startScript(hostKey, request.packages);
  const required = textAt(template.template, "SCHED_REQUIREMENTS") ?? "";
  const requirements = [...(required === "" ? [] : [required]), `ARCH = "${architectures[architecture]}"`];
  return {
    CPU: request.cores,
    VCPU: request.cores,
    MEMORY: request.memoryMiB,
    ...tagAttributes(owner),
    EDGECERT_SERVER: request.name,
    EDGECERT_ROLE: request.role,
    ...(request.nestedKvm ? { CPU_MODEL: { MODEL: "host-passthrough" } } : {}),
    SCHED_REQUIREMENTS: requirements.map((one) => `(${one})`).join(" & "),
    SCHED_ACTION: scheduledAttribute({ action: "terminate-hard", time: epochSeconds(owner.expiresAt) }),
    CONTEXT: {
      ...Object.fromEntries(context.map(({ name, text }) => [name, text])),
      NETWORK: "YES",
      SET_HOSTNAME: request.name,
      SSH_PUBLIC_KEY: loginKey.publicKey,
      START_SCRIPT_BASE64: Buffer.from(script).toString("base64"),
    },
  };
}

/** Epoch seconds of a time in ISO 8601, rounded up. */
export function epochSeconds(iso: string): number {
  return Math.ceil(Date.parse(iso) / 1000);
}
