import * as pulumi from "@pulumi/pulumi";

/** A resource as a program declared it. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What Pulumi is told to do with it: options that are not the same for all. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a program declared and looked up while it ran under {@link record}. */
export interface Recording<Output> {
  readonly output: Output;
  readonly resources: readonly Declared[];
  readonly lookups: readonly { readonly token: string; readonly inputs: Readonly<Record<string, unknown>> }[];
}

/** Runs a program under Pulumi's mocks, as stack `edge` of project `edgecert`, until everything is registered. */
export async function record<Output>(program: () => Promise<Output>): Promise<Recording<Output>> {
  const resources: Declared[] = [];
  const options = new Map<string, Declared["options"]>();
  const lookups: { token: string; inputs: Readonly<Record<string, unknown>> }[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        resources.push({ type, name, inputs, options: options.get(`${type} ${name}`) ?? {} });
        return { id: `${name}-id`, state: { ...inputs, ...answers(type, name) } };
      },
      call: ({ token, inputs }) => {
        lookups.push({ token, inputs });
        return found(token);
      },
    },
    "edgecert",
    "edge",
  );
  const outputs: Output[] = [];
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ type, name, opts }) => {
      options.set(`${type} ${name}`, told(opts));
      return undefined;
    });
    outputs.push(await program());
    return {};
  });
  // Registrations go on after the program has returned.
  await pulumi.runtime.disconnect();
  for (const output of outputs) return { output, resources, lookups };
  throw new Error("the program did not end");
}

/** The value of an output once it is known. */
export function known<Value>(output: pulumi.Output<Value>): Promise<Value> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value));
  });
}

/** Of the options of one resource what changes its life or hides something of it. */
function told(given: pulumi.CustomResourceOptions): Declared["options"] {
  const { ignoreChanges, additionalSecretOutputs, customTimeouts } = given;
  const after = [given.dependsOn ?? []].flat();
  return {
    ...(ignoreChanges === undefined ? {} : { ignoreChanges }),
    ...(additionalSecretOutputs === undefined ? {} : { additionalSecretOutputs }),
    ...(customTimeouts === undefined ? {} : { customTimeouts }),
    ...(after.length === 0 ? {} : { dependsOn: after.length }),
  };
}

/** What only the provider knows after the creation. */
function answers(type: string, name: string): Record<string, unknown> {
  if (type === "aws:ec2/instance:Instance")
    return {
      publicIp: `198.51.100.${lastDigit(name)}`,
      privateIp: `10.90.0.${lastDigit(name)}`,
      availabilityZone: "eu-central-1b",
    };
  if (type === "equinix-metal:index/device:Device")
    return {
      accessPublicIpv4: `198.51.100.${lastDigit(name)}`,
      accessPrivateIpv4: `10.80.0.${lastDigit(name)}`,
      deployedFacility: "am6",
    };
  if (type === "scaleway:elasticmetal/server:Server")
    return {
      ipv4s: [{ address: `198.51.100.${lastDigit(name)}` }],
      privateNetworks: [{ id: "edge-id", vlan: 1918 }],
      privateIps: [{ address: "fd5f::1" }, { address: `10.70.0.${lastDigit(name)}` }],
    };
  if (type === "aws:ec2/vpc:Vpc") return { defaultRouteTableId: "rtb-default" };
  if (type === "aws:ec2/keyPair:KeyPair") return { keyName: "edge-a1b2c3d" };
  return {};
}

/** What a provider finds for a lookup. */
function found(token: string): Record<string, string> {
  if (token === "aws:ec2/getSubnet:getSubnet") return { id: "subnet-0abc", vpcId: "vpc-0existing" };
  if (!token.startsWith("aws:")) return { id: `${token.split(":").at(-1)}-id` };
  return { id: "ami-0123456789abcdef0", name: "debian-12-amd64-20261101" };
}

function lastDigit(name: string): string {
  return name.slice(-1);
}
