import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import type { StackProgram } from "../../../infra/pulumi/operation.ts";
import type { StackPlace } from "../../../infra/pulumi/stack-place.ts";
import { tagsOf } from "../../../infra/tags.ts";

/** A whole program for a cluster at the fake AWS, with new keys, owned by the place's run and node for an hour. */
export function awsProgram(place: StackPlace, count = 1): StackProgram {
  const owner = {
    run: place.run,
    node: place.node,
    attempt: 1,
    token: 1,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  };
  return {
    name: place.stack,
    tags: { ...tagsOf(owner) },
    args: {
      provider: "aws",
      count,
      os: "debian-12",
      owner,
      sshPublicKey: makeSshKeyPair("login").publicKey,
      hostKeys: Array.from({ length: count }, (_, index) => makeSshKeyPair(`host-${index + 1}`)),
      region: "eu-central-1",
      instanceType: "c8i.2xlarge",
      sshFrom: ["203.0.113.0/24"],
    },
  };
}
