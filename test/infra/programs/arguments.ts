import type { EdgeClusterArgs, HostKey } from "../../../infra/programs/edge-cluster.ts";

/** What stands between the markers of every private host key of these tests: nothing may show it. */
export const canary = "b3BlbnNzaC1jYW5hcnkta2V5";

/** Host keys that are none, with a recognisable private part. */
export function hostKeys(count: number): HostKey[] {
  return Array.from({ length: count }, (_, index) => ({
    publicKey: `ssh-ed25519 AAAAhost${index + 1}`,
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${canary}${index + 1}\n-----END OPENSSH PRIVATE KEY-----\n`,
  }));
}

const shared = {
  count: 2,
  os: "debian-12",
  owner: {
    run: "run-7",
    node: "servers@debian-12/kvm-ssh",
    attempt: 2,
    token: 3,
    expiresAt: "2027-01-31T18:00:00Z",
  },
  sshPublicKey: "ssh-ed25519 AAAAlogin",
  hostKeys: hostKeys(2),
};

/** Two hosts at EC2 with nested virtualisation. */
export const awsArgs = {
  ...shared,
  provider: "aws",
  region: "eu-central-1",
  instanceType: "c8i.2xlarge",
  sshFrom: ["203.0.113.0/24"],
} as const satisfies EdgeClusterArgs;

/** Two devices at a fake of Equinix Metal. */
export const equinixMetalArgs = {
  ...shared,
  provider: "equinix-metal",
  metro: "am",
  plan: "x1.small.x86",
  projectId: "project-1",
  fakeApi: "127.0.0.1:7001",
} as const satisfies EdgeClusterArgs;

/** Two servers at Scaleway. */
export const scalewayArgs = {
  ...shared,
  provider: "scaleway",
  zone: "fr-par-1",
  offer: "EM-B220E-NVME",
} as const satisfies EdgeClusterArgs;
