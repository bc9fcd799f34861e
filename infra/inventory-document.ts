import * as z from "zod";
import type { Failure } from "../pipelines/dsl/failure.ts";
import { InfraError } from "./failure.ts";
import type { SshAddress } from "./providers/provider.ts";

/** Says which reader an inventory is for; a document of another form is refused. */
export const inventoryFormat = "edgecert-inventory/1";

const publicKey = z.string().regex(/^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]+/, "is not a key such as ssh-ed25519 AAAA…");
const path = z.string().startsWith("/", "is not an absolute path");
const port = z.int().min(1).max(65_535);

const hop = {
  host: z.string().min(1),
  port: port.default(22),
  user: z.string().min(1),
  hostKey: z.exactOptional(publicKey),
  knownHosts: z.exactOptional(z.array(path)),
  privateKeyPath: z.exactOptional(path),
  passphrase: z.exactOptional(
    z.union([
      z.strictObject({ env: z.string() }),
      z.strictObject({ file: z.string() }),
      z.strictObject({ command: z.tuple([z.string()], z.string()) }),
    ]),
  ),
};

const ssh = z.strictObject({
  ...hop,
  jumps: z.exactOptional(z.array(z.strictObject(hop))),
  proxy: z.exactOptional(z.string().regex(/^(socks5|http):\/\//, "is not a proxy such as socks5://host:1080")),
}) satisfies z.ZodType<SshAddress>;

const price = z.strictObject({
  currency: z.enum(["USD", "EUR"]),
  perHour: z.number().min(0),
  privateNetworkPerHour: z.number().min(0),
  location: z.string(),
  asOf: z.string(),
  source: z.string(),
});

/** How a rented machine is known to the one who rents it out, and until when it is ours; absent for machines we own. */
const rented = z.strictObject({
  provider: z.string(),
  /** The provider's own. */
  id: z.string(),
  machineType: z.string(),
  location: z.string(),
  zone: z.string().nullable(),
  price: price.nullable(),
  expiresAt: z.iso.datetime("is not a time in UTC such as 2027-01-31T18:00:00Z"),
});

const host = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "is not a host name such as rack1-3"),
  ssh,
  /** Address among the hosts of its network, where they have one of their own. */
  privateAddress: z.exactOptional(z.union([z.ipv4(), z.ipv6()])),
  /** Such as `debian-12`. */
  os: z.string().min(1),
  hostClass: z.enum(["on-premises", "nested", "metal"]).default("on-premises"),
  architecture: z.enum(["amd64", "arm64"]).default("amd64"),
  /** Processors as its system counts them, and memory: what may be given away. Absent: what the host itself says. */
  cores: z.exactOptional(z.int().min(1)),
  memoryMiB: z.exactOptional(z.int().min(1)),
  /** What a cell may ask for beyond size, such as `gpu` or `nvme`. */
  features: z.array(z.string().min(1)).default([]),
  rented: z.exactOptional(rented),
});

const inventory = z
  .strictObject({ format: z.literal(inventoryFormat), hosts: z.array(host).min(1) })
  .check(({ value, issues }) => {
    const twice = (message: string, field: "name" | "ssh", of: (host: (typeof value.hosts)[number]) => string) => {
      for (const [index, one] of value.hosts.entries())
        if (value.hosts.findIndex((other) => of(other) === of(one)) < index)
          issues.push({ code: "custom", message, input: of(one), path: ["hosts", index, field] });
    };
    twice("is the name of two hosts", "name", ({ name }) => name);
    // Because a machine that stands here twice would be given away twice.
    twice("is the address of two hosts", "ssh", (one) =>
      JSON.stringify([one.ssh.proxy, ...[...(one.ssh.jumps ?? []), one.ssh].map(({ host, port }) => [host, port])]),
    );
  });

/**
 * Hosts that can be reached, wherever they are: what `pulumi up` of a cluster puts out and what a person writes for
 * machines on-premises. JSON without secrets. Everything that has a default is there once it is read.
 */
export type InventoryDocument = z.output<typeof inventory>;

/** One host of an inventory. */
export type InventoryHost = InventoryDocument["hosts"][number];

/** Reads an inventory. `name` is what a person calls it, such as its file. Throws an InfraError naming all its problems. */
export function readInventory(text: string, name: string): InventoryDocument {
  const read = inventory.safeParse(parsed(text, name));
  if (read.success) return read.data;
  throw new InfraError(invalidInventory(name, read.error.issues.map(sentence)));
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InfraError(invalidInventory(name, [error instanceof Error ? error.message : String(error)]));
  }
}

function sentence(issue: z.core.$ZodIssue): string {
  const place = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `${place === "" ? "the document" : place.replace(/^\./, "")}: ${issue.message}`;
}

function invalidInventory(name: string, problems: readonly string[]): Failure {
  return {
    reason: "invalid-inventory",
    class: "configuration",
    title: "The inventory cannot be read",
    detail: `${name}: ${problems.join("; ")}.`,
    next: `Correct each. An inventory is JSON such as {"format": "${inventoryFormat}", "hosts": [{"name": "rack1", "os": "debian-12", "ssh": {"host": "10.0.0.5", "user": "root", "hostKey": "ssh-ed25519 AAAA…"}}]}.`,
  };
}
