import { awsFaults } from "../providers/aws/faults.ts";
import { equinixMetalFaults } from "../providers/equinix-metal/faults.ts";
import type { Fault, FaultClass, FaultTable, ProviderFailure } from "../providers/fault.ts";
import { networkFaults } from "../providers/network-faults.ts";
import { scalewayFaults } from "../providers/scaleway/faults.ts";
import { engineFaults } from "./faults.ts";
import { plainMessage } from "./message.ts";

/** One error that Pulumi's engine reported. */
export interface EngineError {
  /** The resource it is about, such as `urn:pulumi:edge::edgecert::aws:ec2/instance:Instance::edge-1`; none: the stack. */
  readonly urn?: string | null;
  /** As the engine says it: colours, several lines. */
  readonly message: string;
}

const providers: Readonly<Record<string, FaultTable>> = {
  aws: awsFaults,
  "equinix-metal": equinixMetalFaults,
  scaleway: scalewayFaults,
};

/** What stands in the way of everything else comes first: capacity elsewhere does not mend a wrong request. */
const order: readonly FaultClass[] = ["fatal", "configuration", "quota", "capacity", "transient"];

/** As much as a person reads; what the provider says comes first, and the rest stands in the engine's log. */
const longestDetail = 1200;

interface Read {
  readonly subject: string;
  readonly text: string;
  readonly fault: Fault | null;
}

/**
 * The failure behind the errors of one operation: the one that decides what can be done, and how many others there were.
 * What no table knows is `fatal`: trying again, or elsewhere, what nobody understands can cost money and hide a defect.
 */
export function failureOfErrors(
  provider: string,
  errors: readonly EngineError[],
  secrets: readonly string[] = [],
): ProviderFailure {
  const read = errors.map(({ urn, message }): Read => {
    const text = plainMessage(message, secrets);
    return { subject: subjectOf(urn), text, fault: faultOf(provider, text) };
  });
  const deciding = order.flatMap((one) => read.filter(({ fault }) => fault?.class === one))[0];
  const { fault = null, subject = "", text = "" } = deciding ?? mostTelling(read) ?? {};
  const others = otherCodes(read, fault?.code);
  const detail = `${subject}${text || "Pulumi ended without a word."}`.slice(0, longestDetail) + others;
  const { reason, title } = headingOf(fault, engineFaults(text) === null ? provider : "Pulumi");
  return {
    reason,
    class: fault?.class ?? "fatal",
    title,
    detail,
    next: fault?.next ?? "Read what the provider says above; if it is a passing trouble, start the run again.",
    provider,
    code: fault?.code ?? null,
    elsewhere: fault?.elsewhere ?? null,
  };
}

/** What is known of one message of a provider's program or of Pulumi itself; null for a text that is in no table. */
export function faultOf(provider: string, message: string): Fault | null {
  return engineFaults(message) ?? providers[provider]?.(message) ?? networkFaults(message);
}

/** The failure behind an error of a provider's own client, such as that of the AWS SDK. */
export function failureOfClient(provider: string, error: unknown): ProviderFailure {
  if (!(error instanceof Error)) return failureOfErrors(provider, [{ message: String(error) }]);
  // The SDK's errors are named by the provider's codes; a connection that broke has Node's name and code.
  const named = /^(?:Error|TypeError|TimeoutError|AggregateError)$/.test(error.name);
  const code = "code" in error && typeof error.code === "string" ? `${error.code} ` : "";
  const message = named ? `${code}${error.message}` : `api error ${error.name}: ${error.message}`;
  return failureOfErrors(provider, [{ message }]);
}

const headings: Readonly<Record<FaultClass, (who: string) => { readonly reason: string; readonly title: string }>> = {
  capacity: (who) => ({ reason: "provider-capacity", title: `${who} has no room for this here and now` }),
  quota: (who) => ({ reason: "provider-quota", title: `The account at ${who} has used up a quota` }),
  transient: (who) => ({ reason: "provider-trouble", title: `${who} has a passing trouble` }),
  configuration: (who) => ({ reason: "provider-refusal", title: `${who} refuses what it was asked` }),
  fatal: (who) => ({ reason: "provider-error", title: `${who} failed in a way that trying again does not mend` }),
};

function headingOf(fault: Fault | null, who: string) {
  if (fault?.code === "NoCredentials") return { reason: "no-credentials", title: `No credentials for ${who}` };
  return headings[fault?.class ?? "fatal"](who);
}

/** A resource by the words of its program, such as `Instance edge-1: `. */
function subjectOf(urn: string | null | undefined): string {
  const [type, name] = (urn ?? "").split("::").slice(-2);
  if (type === undefined || name === undefined || type.startsWith("pulumi:")) return "";
  return `${type.slice(type.lastIndexOf(":") + 1)} ${name}: `;
}

/** Of texts that nobody knows, the one about a resource: the stack's own only says that something failed. */
function mostTelling(read: readonly Read[]): Read | undefined {
  return read.find(({ subject }) => subject !== "") ?? read.find(({ text }) => !/^\w+ failed$/.test(text)) ?? read[0];
}

function otherCodes(read: readonly Read[], code: string | undefined): string {
  const codes = new Set(read.flatMap(({ fault }) => (fault === null || fault.code === code ? [] : [fault.code])));
  return codes.size === 0 ? "" : ` (besides: ${[...codes].join(", ")})`;
}
