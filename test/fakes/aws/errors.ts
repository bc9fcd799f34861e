import type { Call } from "../world.ts";
import { HalfDone, LostReply, ProviderRefusal } from "../world.ts";

/** EC2's errors as its API reference words them, with their HTTP status. */
const errors: Readonly<Record<string, readonly [status: number, message: string]>> = {
  InsufficientInstanceCapacity: [
    500,
    "We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity.",
  ],
  VcpuLimitExceeded: [
    400,
    "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.",
  ],
  VpcLimitExceeded: [400, "The maximum number of VPCs has been reached."],
  RequestLimitExceeded: [503, "Request limit exceeded."],
  InternalError: [500, "An internal error has occurred"],
  Unavailable: [503, "The service is unavailable. Please try again shortly."],
  AuthFailure: [401, "AWS was not able to validate the provided access credentials"],
  UnauthorizedOperation: [403, "You are not authorized to perform this operation."],
  DependencyViolation: [400, "The resource has a dependent object and cannot be deleted."],
};

/** Codes that Pulumi's provider takes for passing ones, capacity among them (terraform-provider-aws, issue 43193). */
const passing = new Set([
  "RequestLimitExceeded",
  "Throttling",
  "InternalError",
  "Unavailable",
  "InsufficientInstanceCapacity",
]);

const verbs = { create: "creating", read: "reading", update: "updating", delete: "deleting", lookup: "reading" };

/** Whether the provider tries such a call again by itself. */
export function isPassing(error: unknown): boolean {
  return error instanceof ProviderRefusal && passing.has(error.code);
}

/** An error in the words of Pulumi's provider: what it did, the operation, and the code that programs look for. */
export function wordEc2(error: unknown, call: Call): string {
  const what = `${verbs[call.on]} EC2 ${call.type.slice(call.type.lastIndexOf(":") + 1)}`;
  if (error instanceof LostReply)
    return `${what}: operation error EC2: request send failed: read tcp 127.0.0.1: connection reset by peer`;
  const code = error instanceof ProviderRefusal || error instanceof HalfDone ? error.code : nameOf(error);
  const known = errors[code];
  const [status, message] = known ?? [400, error instanceof Error ? error.message : String(error)];
  return `${what}: operation error EC2, https response error StatusCode: ${status}, RequestID: fake, api error ${code}: ${message}`;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Unknown";
}
