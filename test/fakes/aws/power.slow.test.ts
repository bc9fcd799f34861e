import {
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { instantMachines, type Machines } from "../machines.ts";
import { startMoto } from "../moto/server.ts";
import { endTogether } from "./power.ts";

test("an instance whose machine powers itself off is terminated, and the machine of one that was terminated is deleted", async () => {
  await using moto = await startMoto(console.error);
  const credentials = { accessKeyId: "fake", secretAccessKey: "fake" };
  const ec2 = new EC2Client({ region: "eu-central-1", endpoint: moto.url, credentials });
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.90.0.0/16" }));
  const subnet = { VpcId: Vpc?.VpcId, CidrBlock: "10.90.0.0/24" };
  const { Subnet } = await ec2.send(new CreateSubnetCommand(subnet));
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: "ami-0edc0000000000002", InstanceType: "c5.metal", MinCount: 3, MaxCount: 3 },
      NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: Subnet?.SubnetId }],
    }),
  );
  const [off = "", terminated = "", running = ""] = Instances.map(({ InstanceId }) => InstanceId ?? "");

  const states = new Map<string, "running" | "off">([
    [off, "off"],
    [terminated, "running"],
    [running, "running"],
    ["of another cloud", "off"],
  ]);
  const machines: Machines = {
    ...instantMachines,
    all: async () => [...states].map(([id, state]) => ({ id, state })),
    delete: async (id) => void states.delete(id),
  };
  const ended = new AbortController();
  endTogether({ ec2, machines }, ended.signal);
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [terminated] }));
  await expect.poll(() => [...states.keys()], { timeout: 20_000 }).toEqual([running, "of another cloud"]);
  ended.abort();

  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const all = Reservations.flatMap((one) => one.Instances ?? []);
  expect(new Map(all.map(({ InstanceId, State }) => [InstanceId, State?.Name]))).toEqual(
    new Map([
      [off, "terminated"],
      [terminated, "terminated"],
      [running, "running"],
    ]),
  );
});
