import * as z from "zod";
import { anywhere } from "./aws-mistakes.ts";
import { tagValue, utcTime } from "./cloud-tags.ts";

const publicKey = z
  .string("is missing: give the text of a public key such as ssh-ed25519 AAAA...")
  .regex(/^ssh-[a-z0-9-]+ [A-Za-z0-9+/=]+/, "is not a public key such as ssh-ed25519 AAAA...");

const tag = z.string().regex(tagValue, "is not a tag value: use 1 to 256 letters, digits, spaces and _ . : / = + - @");

const number = z.coerce.number("is not a number");
const whole = number.int("is not a whole number");

const everywhere = {
  count: whole.min(1, "is not at least 1").max(100, "is more than 100"),
  os: z.string("is missing: name an operating system such as debian-12"),
  expiresAt: z.iso
    .datetime("is not a time in UTC such as 2027-01-31T18:00:00Z")
    .regex(utcTime, "is not a time in UTC such as 2027-01-31T18:00:00Z")
    // Because hosts that are over when they begin end themselves at once, and are paid for.
    .refine((time) => Date.parse(time) > Date.now(), "is over already: name a later time"),
  run: z.exactOptional(tag),
  node: z.exactOptional(tag),
  sshPublicKey: publicKey,
  hostPublicKeys: z.array(publicKey).default([]),
  sshPort: z.exactOptional(whole.min(1, "is no port").max(65_535, "is no port")),
};

const network = z.union([z.cidrv4(), z.cidrv6(), z.literal(anywhere)], {
  error: ({ input }) => `${JSON.stringify(input)} is not a network such as 203.0.113.0/24 or 2001:db8::/48`,
});

const id = (prefix: string) =>
  z.exactOptional(z.string().regex(new RegExp(`^${prefix}-[0-9a-f]+$`), `is not an id such as ${prefix}-0abc`));

/** What a stack says of a cluster, by provider: texts as Pulumi hands them over, lists and numbers as they are meant. */
export const stackSettings = {
  aws: z.object({
    ...everywhere,
    provider: z.literal("aws"),
    region: z.string("is missing: name a region such as eu-central-1"),
    zone: z.exactOptional(z.string()),
    instanceType: z.string("is missing: name an instance type such as c8i.2xlarge or i3.metal"),
    ami: id("ami"),
    sshFrom: z.array(network, "is missing: name the networks you come from").min(1, "names no network"),
    diskGiB: z.exactOptional(whole.min(8, "is less than 8")),
    subnetId: id("subnet"),
    reachedBy: z.exactOptional(z.enum(["public", "private"], "is neither public nor private")),
    placementGroup: z.exactOptional(z.string()),
    tenancy: z.exactOptional(z.enum(["default", "dedicated", "host"], "is not default, dedicated or host")),
    hostId: id("h"),
    capacityReservationId: id("cr"),
    purchase: z.exactOptional(z.enum(["on-demand", "spot"], "is neither on-demand nor spot")),
    spotMaxPrice: z.exactOptional(number.positive("is not more than 0")),
  }),
  "equinix-metal": z.object({
    ...everywhere,
    provider: z.literal("equinix-metal"),
    metro: z.string("is missing: name a metro such as am"),
    plan: z.string("is missing: name a plan such as c3.small.x86"),
    projectId: z.exactOptional(z.string()),
    organizationId: z.exactOptional(z.string()),
    vlans: z.exactOptional(z.array(z.int("is not a list of numbers"))),
    networkType: z.exactOptional(
      z.enum(
        ["layer3", "hybrid", "layer2-bonded", "layer2-individual"],
        "is not layer3, hybrid, layer2-bonded or layer2-individual",
      ),
    ),
    fakeApi: z.exactOptional(z.string()),
  }),
  scaleway: z.object({
    ...everywhere,
    provider: z.literal("scaleway"),
    zone: z.string("is missing: name a zone such as fr-par-1"),
    offer: z.string("is missing: name an offer such as EM-B220E-NVME"),
    projectId: z.exactOptional(z.uuid("is not the id of a project")),
  }),
};

/** A provider that a stack can name. */
export type StackProvider = keyof typeof stackSettings;

/** Every provider that a stack can name. */
export const stackProviders = ["aws", "equinix-metal", "scaleway"] as const satisfies readonly StackProvider[];

/** Every setting of every provider; the private keys are secret, and are read apart. */
export const settingNames: readonly string[] = [
  ...new Set(Object.values(stackSettings).flatMap(({ shape }) => Object.keys(shape))),
  "hostPrivateKeys",
];
