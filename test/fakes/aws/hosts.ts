import { matchesGlob } from "node:path";
import {
  DeleteKeyPairCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  ImportKeyPairCommand,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import { ec2Image, ec2OperatingSystems } from "../../../infra/catalog/ec2-images.ts";
import type { FakeMachine } from "../machines.ts";
import type { Properties } from "../provider.ts";
import { answered, type Kind, tagged, tagsFor, writeTags } from "./kind.ts";

const keyPair: Kind = {
  async create({ ec2 }, inputs) {
    const { keyName, publicKey, tags } = tagged.extend({ keyName: z.string(), publicKey: z.string() }).parse(inputs);
    const { KeyPairId } = await ec2.send(
      new ImportKeyPairCommand({
        KeyName: keyName,
        PublicKeyMaterial: Buffer.from(publicKey),
        TagSpecifications: tagsFor("key-pair", tags),
      }),
    );
    return { id: keyName, outputs: { ...inputs, keyPairId: answered(KeyPairId, "a key pair") } };
  },
  async exists({ ec2 }, id) {
    const { KeyPairs = [] } = await ec2.send(
      new DescribeKeyPairsCommand({ Filters: [{ Name: "key-name", Values: [id] }] }),
    );
    return KeyPairs.length > 0;
  },
  async delete({ ec2 }, id) {
    await ec2.send(new DeleteKeyPairCommand({ KeyName: id }));
  },
  tagged: (outputs) => String(outputs.keyPairId),
};

const instanceInput = tagged.extend({
  ami: z.string(),
  instanceType: z.string(),
  subnetId: z.string(),
  vpcSecurityGroupIds: z.array(z.string()).default([]),
  keyName: z.string(),
  userData: z.string().default(""),
  associatePublicIpAddress: z.boolean().default(true),
  volumeTags: z.record(z.string(), z.string()).default({}),
  rootBlockDevice: z.object({ volumeSize: z.number().default(8), encrypted: z.boolean().default(false) }).default({
    volumeSize: 8,
    encrypted: false,
  }),
});

const instance: Kind = {
  async create({ ec2, machines }, inputs) {
    const { Instances = [] } = await ec2.send(new RunInstancesCommand(launch(inputs)));
    const id = answered(Instances[0]?.InstanceId, "an instance");
    const running = answered(await described(ec2, id), "the instance that it had made");
    const real = await machines.create(await machineOf(ec2, running, instanceInput.parse(inputs)));
    const { PublicIpAddress: publicIp = "", PrivateIpAddress: privateIp = "" } = running;
    const addresses = { publicIp: real?.address ?? publicIp, privateIp: real?.privateAddress ?? privateIp };
    const availabilityZone = running.Placement?.AvailabilityZone ?? "";
    const outputs = { ...inputs, ...addresses, availabilityZone, instanceState: running.State?.Name ?? "" };
    return { id, outputs };
  },
  async exists({ ec2 }, id) {
    const found = await described(ec2, id);
    return found !== undefined && found.State?.Name !== "terminated";
  },
  async updated({ ec2 }, id, inputs) {
    const { volumeTags } = instanceInput.parse(inputs);
    for (const { Ebs } of (await described(ec2, id))?.BlockDeviceMappings ?? [])
      if (Ebs?.VolumeId !== undefined) await writeTags(ec2, Ebs.VolumeId, volumeTags);
  },
  async delete({ ec2, machines }, id) {
    await machines.delete(id);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  },
};

/** The instance as what stands behind it is asked for: by what EC2 says, where EC2 knows it. */
async function machineOf(
  ec2: EC2Client,
  { InstanceId: id = "", SubnetId: subnet = "", PrivateIpAddress: address = "" }: Instance,
  { ami, keyName, tags, userData }: z.infer<typeof instanceInput>,
): Promise<FakeMachine> {
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [ami] }));
  const { KeyPairs = [] } = await ec2.send(
    new DescribeKeyPairsCommand({ KeyNames: [keyName], IncludePublicKey: true }),
  );
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnet] }));
  const prefix = Subnets[0]?.CidrBlock?.split("/")[1] ?? "24";
  return {
    ...{ id, name: tags.Name ?? id, userData, ...published(Images[0]?.Name ?? ami) },
    loginKey: KeyPairs[0]?.PublicKey ?? "",
    network: { segment: subnet, address: `${address}/${prefix}` },
  };
}

/** What an image's name says by the catalogue's patterns; the name itself where no pattern fits. */
function published(name: string): Pick<FakeMachine, "image" | "account"> {
  for (const os of ec2OperatingSystems) {
    const image = ec2Image(os, "amd64");
    if (image !== null && matchesGlob(name, image.name)) return { image: os, account: image.user };
  }
  return { image: name, account: "root" };
}

/** Everything that the program asked for which the emulator knows; it ignores options of the processor and metadata. */
function launch(inputs: Properties): RunInstancesCommandInput {
  const read = instanceInput.parse(inputs);
  const { volumeSize, encrypted } = read.rootBlockDevice;
  const Ebs = { VolumeSize: volumeSize, Encrypted: encrypted, DeleteOnTermination: true };
  return {
    ImageId: read.ami,
    InstanceType: z.custom<RunInstancesCommandInput["InstanceType"]>().parse(read.instanceType),
    MinCount: 1,
    MaxCount: 1,
    KeyName: read.keyName,
    UserData: Buffer.from(read.userData).toString("base64"),
    BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs }],
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: read.subnetId,
        Groups: read.vpcSecurityGroupIds,
        AssociatePublicIpAddress: read.associatePublicIpAddress,
      },
    ],
    TagSpecifications: [...tagsFor("instance", read.tags), ...tagsFor("volume", read.volumeTags)],
  };
}

async function described(ec2: EC2Client, id: string): Promise<Instance | undefined> {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: "instance-id", Values: [id] }] }),
  );
  return Reservations[0]?.Instances?.[0];
}

/** Machines and what they are reached by, by Pulumi's names. */
export const hostKinds: Readonly<Record<string, Kind>> = {
  "aws:ec2/keyPair:KeyPair": keyPair,
  "aws:ec2/instance:Instance": instance,
};
