import { makeSshKeyPair } from "../../infra/hosts/ssh-key-pair.ts";
import type { StackValues } from "./workspace.ts";

/** The clouds that have a fake. */
export type RehearsedProvider = "aws" | "equinix-metal" | "scaleway";

const places = {
  aws: { region: "eu-central-1", instanceType: "c8i.2xlarge", "sshFrom[0]": "203.0.113.0/24" },
  "equinix-metal": { metro: "am", plan: "c3.small.x86", projectId: "fake-project", fakeApi: "127.0.0.1:1" },
  scaleway: { zone: "fr-par-1", offer: "EM-B220E-NVME" },
} as const;

/** A whole configuration of a stack with so many hosts and new keys, which ends after so many hours. */
export function exampleStack(provider: RehearsedProvider, count = 1, hours = 4): StackValues {
  const keys = Array.from({ length: count }, (_, index) => makeSshKeyPair(`rehearsal-${index + 1}`));
  const listed = (name: string, values: readonly string[]) =>
    Object.fromEntries(values.map((value, index) => [`${name}[${index}]`, value]));
  return {
    plain: {
      provider,
      ...places[provider],
      os: "debian-12",
      count: String(count),
      expiresAt: new Date(Date.now() + hours * 3_600_000).toISOString(),
      sshPublicKey: makeSshKeyPair("rehearsal-login").publicKey,
      ...listed(
        "hostPublicKeys",
        keys.map((key) => key.publicKey),
      ),
    },
    secret: listed(
      "hostPrivateKeys",
      keys.map((key) => key.privateKey),
    ),
  };
}
