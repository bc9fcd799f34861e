import { describe, expect, test } from "vitest";
import { makeSshKeyPair } from "../../../infra/hosts/ssh-key-pair.ts";
import { failureOfErrors } from "../../../infra/pulumi/diagnostics.ts";
import { plainMessage } from "../../../infra/pulumi/message.ts";
import { failureOfEnd } from "../../../infra/pulumi/operation-failure.ts";

const page = "docs.aws.amazon.com errors-overview";

/**
 * Messages as others met them, each with where it was read; `composed` by the wording of others out of a documented code.
 * `[provider, from, message, class, code, elsewhere]`
 */
const seen = [
  [
    "aws",
    "a Pulumi log of spot instances",
    "1 error occurred:\n    \t* creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: cb90a8d4-2209-458c-b3b9-f7c53b5d8e1d, api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 8 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.\n\n",
    "quota",
    "VcpuLimitExceeded",
    "region",
  ],
  [
    "aws",
    "bentoml/bentoctl#202, an older SDK",
    "creating EC2 Instance: VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
    "quota",
    "VcpuLimitExceeded",
    "region",
  ],
  [
    "aws",
    "hashicorp/terraform-provider-aws#15183",
    "Error launching source instance: InsufficientInstanceCapacity: We currently do not have sufficient t3.large capacity in the Availability Zone you requested (us-west-2a). Our system will be working on provisioning additional capacity. You can currently get t3.large capacity by not specifying an Availability Zone in your request or choosing us-west-2b.",
    "capacity",
    "InsufficientInstanceCapacity",
    "zone",
  ],
  [
    "aws",
    "composed: aws/aws-sdk-go-v2 and hashicorp/terraform-provider-aws#15183",
    "creating EC2 Instance: operation error EC2: RunInstances, exceeded maximum number of attempts, 3, https response error StatusCode: 500, RequestID: 3a4b5c6d-0000-0000-0000-000000000000, api error InsufficientInstanceCapacity: We currently do not have sufficient c6g.4xlarge capacity in the Availability Zone you requested (us-east-1c).",
    "capacity",
    "InsufficientInstanceCapacity",
    "zone",
  ],
  [
    "aws",
    "aws/aws-sdk-js-v3#5340",
    "operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: 02d5926f-fee2-4407-8465-93fb0bf36981, api error InsufficientCapacityOnHost: Dedicated host h-04cdeb3857121b990 has insufficient capacity to launch the instances in this request.",
    "capacity",
    "InsufficientCapacityOnHost",
    "zone",
  ],
  [
    "aws",
    "a launch log of ec2 in us-east-1e",
    "operation error EC2: RunInstances, https response error StatusCode: 400, api error Unsupported: Your requested instance type (t3.micro) is not supported in your requested Availability Zone (us-east-1e). Please retry your request by not specifying an Availability Zone or choosing us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1f.",
    "capacity",
    "Unsupported",
    "zone",
  ],
  [
    "aws",
    `composed: ${page}`,
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: x, api error Unsupported: The requested configuration is currently not supported. Please check the documentation for supported configurations.",
    "capacity",
    "Unsupported",
    "type",
  ],
  [
    "aws",
    "hashicorp/terraform#14479",
    "Error waiting for instance (i-02feceda8f0eb3927) to become ready: Failed to launch instance. Reason: Client.InvalidParameterCombination: Could not create volume with size 50GiB and iops 32000 from snapshot 'snap-0721118841565684b'",
    "configuration",
    "InvalidParameterCombination",
    null,
  ],
  [
    "aws",
    "composed: hashicorp/terraform#14479, a state reason of DescribeInstances",
    "waiting for EC2 Instance (i-0b8fd72e0b6c46a5a) create: unexpected state 'terminated', wanted target 'running'. last error: Server.InsufficientInstanceCapacity: Insufficient capacity",
    "capacity",
    "InsufficientInstanceCapacity",
    "zone",
  ],
  [
    "aws",
    "hashicorp/terraform#14479",
    "Error waiting for instance (i-0b8fd72e0b6c46a5a) to become ready: unexpected state 'terminated', wanted target 'running'. last error: %!s(<nil>)",
    "transient",
    "StateTimeout",
    null,
  ],
  [
    "aws",
    "a Terraform log with an SSO role",
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 403, RequestID: f290658d-25c1-4bea-9013-8367b9509493, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::160071257600:assumed-role/PowerUser/someone is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:160071257600:instance/* with an explicit deny in a service control policy.",
    "configuration",
    "UnauthorizedOperation",
    null,
  ],
  [
    "aws",
    "a Terraform log of a blocked account",
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: 96ed64c8-a7eb-4dcc-aec9-dd76fa98b6af, api error Blocked: This account is currently blocked and not recognized as a valid account. Please contact https://support.console.aws.amazon.com/support/home if you have questions.",
    "configuration",
    "Blocked",
    null,
  ],
  [
    "aws",
    "a Terraform log",
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: fd8ddff7-7cb5-4e54-a3d6-6c43a1fa3962, api error InvalidKeyPair.NotFound: The key pair '350268-key-pair' does not exist",
    "transient",
    "InvalidKeyPair.NotFound",
    null,
  ],
  [
    "aws",
    "a Terraform log: a code that is in no table",
    "creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 400, RequestID: ..., api error InvalidBlockDeviceMapping: Volume of size 20GB is smaller than snapshot 'snap-0fa576bea6acca344', expect size >= 30GB",
    "configuration",
    "InvalidBlockDeviceMapping",
    null,
  ],
  [
    "aws",
    `composed: ${page}, an unknown code of the server's side`,
    "deleting EC2 Subnet (subnet-1): operation error EC2: DeleteSubnet, https response error StatusCode: 503, RequestID: 1, api error SomethingNew: busy",
    "transient",
    "SomethingNew",
    null,
  ],
  [
    "aws",
    "composed: hashicorp/terraform-provider-aws, DeleteSubnet",
    "deleting EC2 Subnet (subnet-0abc): operation error EC2: DeleteSubnet, https response error StatusCode: 400, RequestID: 1, api error DependencyViolation: The subnet 'subnet-0abc' has dependencies and cannot be deleted.",
    "transient",
    "DependencyViolation",
    null,
  ],
  [
    "aws",
    "composed: aws/aws-sdk-go-v2, credentials of the default chain",
    "Invoking aws:ec2/getAmi:getAmi: unable to validate AWS credentials. Details: No valid credential sources found. Please see https://registry.terraform.io/providers/hashicorp/aws Error: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, http response error StatusCode: 404, request to EC2 IMDS failed",
    "configuration",
    "NoCredentials",
    null,
  ],
  [
    "aws",
    "composed: aws/aws-sdk-go-v2, a connection that broke",
    'creating EC2 Instance: operation error EC2: RunInstances, https response error StatusCode: 0, RequestID: , request send failed, Post "https://ec2.eu-central-1.amazonaws.com/": read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer',
    "transient",
    "Connection",
    null,
  ],
  [
    "aws",
    "composed: go net, a region that does not exist",
    'operation error EC2: DescribeImages, https response error StatusCode: 0, RequestID: , request send failed, Post "https://ec2.eu-central-9.amazonaws.com/": dial tcp: lookup ec2.eu-central-9.amazonaws.com on 127.0.0.53:53: no such host',
    "transient",
    "NameResolution",
    null,
  ],
  [
    "scaleway",
    "scaleway-sdk-go scw/errors.go OutOfStockError",
    "scaleway-sdk-go: resource EM-A115X-SSD is out of stock",
    "capacity",
    "out_of_stock",
    "zone",
  ],
  [
    "scaleway",
    "scaleway-sdk-go scw/errors.go QuotasExceededError",
    "scaleway-sdk-go: quota exceeded(s): baremetal_servers has reached its quota (2/2)",
    "quota",
    "quotas_exceeded",
    "provider",
  ],
  [
    "scaleway",
    "scaleway/terraform-provider-scaleway#1517",
    "scaleway-sdk-go: http error 429 Too Many Requests: too many requests",
    "transient",
    "too_many_requests",
    null,
  ],
  [
    "scaleway",
    "scaleway-sdk-go scw/errors.go DeniedAuthenticationError",
    "scaleway-sdk-go: denied authentication: API key does not exist",
    "configuration",
    "denied_authentication",
    null,
  ],
  [
    "equinix-metal",
    "OpenNebula's documentation, with packngo's method and status",
    "POST https://api.equinix.com/metal/v1/projects/d2bb6d34-9d18-4934-aaa4-a70c144d0864/devices: 422 The facility ams1 has no provisionable c3.small.x86 servers matching your criteria ",
    "capacity",
    "NoCapacity",
    "zone",
  ],
  [
    "equinix-metal",
    "equinixmetal-archive/packngo#162",
    "POST https://api.packet.net/projects/383890d0-f5d1-4de1-881a-4d1ede549d18/devices: 500 Oh snap, something went wrong! We've logged the error and will take a look - please reach out to us if you continue having trouble. ",
    "transient",
    "InternalError",
    null,
  ],
  [
    "equinix-metal",
    "equinixmetal-archive/packngo#120",
    "POST https://api.packet.net/projects/51e447b3-4011-4e84-a18c-5891632f7dd1/devices: 422 Facility can't be blank",
    "configuration",
    "InvalidRequest",
    null,
  ],
  [
    "aws",
    "PierreBeucher/cloudypad#304",
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///home/yimpi/.cloudypad/pulumi-backend?no_tmp_dir=true/.pulumi/locks/organization/CloudyPad-GCP/yimp/bf4d21ea-53b0-42c4-b03d-a6c88daad481.json: created by yimpi@11c69fa22edb (pid 42) at 2025-09-23T13:21:31Z",
    "transient",
    "StackLocked",
    null,
  ],
  [
    "aws",
    "pulumi sdk/go/common/workspace/plugins.go",
    "no resource plugin 'pulumi-resource-aws' found in the workspace at version v7.48.0 or on your $PATH, install the plugin using `pulumi plugin install resource aws v7.48.0`",
    "configuration",
    "NoPlugin",
    null,
  ],
] as const;

describe("the failure behind errors of Pulumi's engine", () => {
  test.for(seen)("%s, %s", ([provider, , message, failureClass, code, elsewhere]) => {
    expect(failureOfErrors(provider, [{ message }])).toMatchObject({ class: failureClass, code, elsewhere, provider });
  });

  test("names the resource, the code and the request id, on one line, and says what else went wrong", () => {
    const failure = failureOfErrors("aws", [
      { message: "update failed" },
      {
        urn: "urn:pulumi:s::edgecert::edgecert:infra:AwsCluster$aws:ec2/instance:Instance::edge-2",
        message: seen[17][2],
      },
      {
        urn: "urn:pulumi:s::edgecert::edgecert:infra:AwsCluster$aws:ec2/instance:Instance::edge-1",
        message: seen[0][2],
      },
    ]);
    expect(failure.reason).toBe("provider-quota");
    expect(failure.detail).toMatch(
      /^Instance edge-1: creating EC2 Instance: .*cb90a8d4-2209-458c-b3b9-f7c53b5d8e1d.*VcpuLimit/,
    );
    expect(failure.detail).toMatch(/\(besides: Connection\)$/);
    expect(failure.next).toMatch(/Service Quotas/);
  });

  test("a wrong request decides before a shortage, a shortage before a passing trouble", () => {
    const [wrong, shortage, passing] = [seen[7][2], seen[2][2], seen[17][2]].map((message) => ({ message }));
    const all = [passing, shortage, wrong].flatMap((one) => one ?? []);
    expect(failureOfErrors("aws", all).class).toBe("configuration");
    expect(failureOfErrors("aws", all.slice(0, 2)).class).toBe("capacity");
  });

  test("what no table knows is fatal and shown as it is; no error at all too", () => {
    const unknown = failureOfErrors("aws", [{ message: "update failed" }, { message: "the moon is full" }]);
    expect(unknown).toMatchObject({ class: "fatal", code: null, detail: "the moon is full" });
    expect(failureOfErrors("aws", [])).toMatchObject({ class: "fatal", detail: "Pulumi ended without a word." });
    expect(failureOfErrors("nowhere", [{ message: seen[0][2] }])).toMatchObject({ class: "fatal" });
  });
});

test("no secret and no colour leaves a message; what identifies the request stays", () => {
  const { privateKey } = makeSshKeyPair("canary");
  const message = `<{%fg 1%}>error: \u001b[31mcreating: userData ${privateKey} X-Auth-Token: 11111111-2222 SCW_SECRET_KEY=canary-1 s3://me:canary-2@host/x pass canary-3<{%reset%}>
    RequestID: 0123, Encoded authorization failure message: ${"x".repeat(600)}`;
  const plain = plainMessage(message, ["canary-3"]);
  expect(plain).toBe(
    "creating: userData [secret] X-Auth-Token: [secret] SCW_SECRET_KEY=[secret] s3://[secret]@host/x pass [secret] RequestID: 0123, Encoded authorization failure message: ...",
  );
});

describe("what Pulumi said at its end", () => {
  const dump = (printed: string) =>
    `code: -2\n stdout: \n stderr: Command failed with exit code 1: pulumi stack init organization/edgecert/s --non-interactive\n${printed}\n err?: Error: Command failed with exit code 1: pulumi stack init organization/edgecert/s --non-interactive\n${printed}\n`;
  const end = (message: string) =>
    failureOfEnd("aws", { outcome: "failed", why: "command", message, failure: null, changes: {}, diagnostics: [] });

  test("is told once, without what its client adds", () => {
    expect(end(dump("Created stack 's'\nerror: mkdir /proc/x: no such file or directory"))?.detail).toBe(
      "mkdir /proc/x: no such file or directory",
    );
    expect(end(dump("the whole is strange"))?.detail).toBe("the whole is strange");
  });

  test("is told as it is where it has another form", () => {
    expect(end("no words of that kind")?.detail).toBe("no words of that kind");
  });
});
