import { type Fault, type FaultTable, textTable } from "../fault.ts";
import { ec2FaultCodes } from "./fault-codes.ts";

const byCode: ReadonlyMap<string, Fault> = new Map(ec2FaultCodes.map((row) => [row.code, row]));

const texts = textTable([
  [
    /no EC2 IMDS role found|No valid credential sources found|failed to refresh cached credentials|api error \w*ProviderError:/i,
    {
      code: "NoCredentials",
      class: "configuration",
      elsewhere: null,
      next: "Give credentials by the environment: AWS_PROFILE, or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or a role.",
      source:
        "github.com/aws/aws-sdk-go-v2 aws/credential_cache.go; github.com/pulumi/pulumi-aws provider/resources.go; npm @smithy/property-provider",
    },
  ],
  [
    /Your query returned no results/,
    {
      code: "NoImage",
      class: "configuration",
      elsewhere: null,
      next: "Name an image of this region by its id (ami), or another operating system or region.",
      source: "github.com/hashicorp/terraform-provider-aws internal/service/ec2/ec2_ami_data_source.go",
    },
  ],
  [
    /timeout while waiting for state to become|unexpected state '[\w-]+', wanted target/,
    {
      code: "StateTimeout",
      class: "transient",
      elsewhere: null,
      next: "Try again; if it stays, ask for another zone or instance type.",
      source: "github.com/hashicorp/terraform-plugin-sdk helper/retry/error.go",
    },
  ],
]);

/** The errors of EC2 as Pulumi's provider words them: by code, else by text, else by what kind of answer it was. */
export const awsFaults: FaultTable = (message) => {
  const code = codeIn(message);
  // Errors of the JavaScript SDK's own credential providers, which ask EC2 nothing.
  if (code === null || code.endsWith("ProviderError")) return texts(message);
  const known = byCode.get(code);
  // Without a zone in the answer the type is not to be had in the whole region.
  if (known?.code === "Unsupported" && !message.includes("Availability Zone")) return { ...known, elsewhere: "type" };
  return known ?? unknownCode(code, message);
};

/** The SDK's wording, then the reason of an instance that ended while it was awaited, then older SDKs' for known codes. */
function codeIn(message: string): string | null {
  const said =
    /api error ([A-Za-z][\w.-]*):/.exec(message) ?? /\b(?:Server|Client)\.([A-Z]\w+(?:\.\w+)?)/.exec(message);
  if (said?.[1] !== undefined) return said[1];
  for (const [, word = ""] of message.matchAll(/(?:^|[\s:*])([A-Z]\w+(?:\.\w+)?):/g)) if (byCode.has(word)) return word;
  return null;
}

/** By EC2's own rule: 5xx is trouble on its side, and a client's error comes again for the same request. */
function unknownCode(code: string, message: string): Fault {
  const status = Number(/StatusCode: (\d+)/.exec(message)?.[1] ?? 400);
  const source = "docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html";
  if (status >= 500 || status === 429)
    return { code, class: "transient", elsewhere: null, next: "Try again later.", source };
  const next = "Change what the request asks for: the answer above says what EC2 does not take.";
  return { code, class: "configuration", elsewhere: null, next, source };
}
