import {
  DeleteKeyPairCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  type EC2Client,
  ImportKeyPairCommand,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import * as z from "zod";
import type { Properties } from "../provider.ts";
import { answered, type Kind, tagged, tagsFor } from "./kind.ts";

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
    const { userData, ami, keyName, tags } = instanceInput.parse(inputs);
    const machine = { id, name: tags.Name ?? id, image: ami, userData, loginKey: keyName };
    const real = await machines.create(machine);
    const running = answered(await described(ec2, id), "the instance that it had made");
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
  async delete({ ec2, machines }, id) {
    await machines.delete(id);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  },
};

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
