import { encodeTags, tagsOf } from "../../../../infra/tags.ts";
import type { FakeScaleway } from "../../../fakes/scaleway/provider.ts";

const option = "cd4158d7-2d65-49be-8803-c4b8ab6f760c";

/** Tags of a run's node. */
export function ownerTags(run: string) {
  return tagsOf({ run, node: "servers@debian-12", attempt: 1, token: 1, expiresAt: "2027-01-31T18:00:00Z" });
}

/** The same as Scaleway has them. */
export function words(run: string): string[] {
  return Object.entries(ownerTags(run)).map(([name, value]) => `${name}=${value}`);
}

/** Makes at the fake what a program of one server makes in a zone. */
export async function makeCluster(fake: FakeScaleway, run: string, zone = "fr-par-1"): Promise<void> {
  const region = zone.slice(0, -2);
  const tags = words(run);
  const vpc = await fake.create({ type: "scaleway:network/vpc:Vpc", name: run }, { name: run, region, tags });
  const network = await fake.create(
    { type: "scaleway:network/privateNetwork:PrivateNetwork", name: run },
    { name: run, region, tags, vpcId: vpc.id },
  );
  const key = await fake.create(
    { type: "scaleway:iam/sshKey:SshKey", name: run },
    { name: encodeTags({ ...ownerTags(run) }), publicKey: "ssh-ed25519 AAAA" },
  );
  await fake.create(
    { type: "scaleway:elasticmetal/server:Server", name: `${run}-1` },
    {
      name: `${run}-1`,
      hostname: `${run}-1`,
      zone,
      offer: `${zone}/EM-B220E-NVME`,
      os: `${zone}/debian-12`,
      cloudInit: "",
      sshKeyIds: [key.id],
      options: [{ id: option }],
      privateNetworks: [{ id: network.id }],
      tags,
    },
  );
}
