import { makeSshKeyPair } from "../../infra/hosts/ssh-key-pair.ts";
import type { StackValues } from "./workspace.ts";

/** The clouds that have a fake. */
export type RehearsedProvider = "aws" | "equinix-metal" | "scaleway";

const places = {
  aws: { region: "eu-central-1", instanceType: "c8i.2xlarge", "sshFrom[0]": "203.0.113.0/24" },
  "equinix-metal": { metro: "am", plan: "c3.small.x86", projectId: "fake-project", fakeApi: "127.0.0.1:1" },
  scaleway: { zone: "fr-par-1", offer: "EM-B220E-NVME" },
} as const;

/** What a person needs who logs in: else nobody keeps the login key, and sshd listens at its usual port alone. */
export interface Login {
  readonly publicKey: string;
  readonly sshPort: number;
}

const hours = 4;

/** A whole configuration of a stack with so many hosts and new keys, which ends after four hours. */
export function exampleStack(provider: RehearsedProvider, count = 1, login?: Login): StackValues {
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
      sshPublicKey: login?.publicKey ?? makeSshKeyPair("rehearsal-login").publicKey,
      ...(login === undefined ? {} : { sshPort: String(login.sshPort) }),
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
