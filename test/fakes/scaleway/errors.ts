import { type Call, HalfDone, LostReply, ProviderRefusal } from "../world.ts";

/** An error of Scaleway's API: HTTP status, and the fields of its JSON beside `type`. */
export interface ScalewayError {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
  /** How Scaleway's own SDK words it, and after it Pulumi's provider. */
  readonly words: string;
}

/** By the API's own `type`, worded as scaleway-sdk-go `scw/errors.go` does; 429 and 5xx have no type there. */
const errors: Readonly<Record<string, ScalewayError>> = {
  out_of_stock: {
    status: 403,
    fields: { resource: "EM-B220E-NVME", message: "resource is out of stock" },
    words: "resource EM-B220E-NVME is out of stock",
  },
  quotas_exceeded: {
    status: 403,
    fields: {
      details: [{ resource: "EM_B220E_NVMe", quota: 1, current: 1 }],
      message: "quota(s) exceeded for this resource",
    },
    words: "quota exceeded(s): EM_B220E_NVMe has reached its quota (1/1)",
  },
  permissions_denied: {
    status: 403,
    fields: { details: [{ resource: "elastic_metal", action: "write" }], message: "insufficient permissions" },
    words: "insufficient permissions: write elastic_metal",
  },
  denied_authentication: {
    status: 401,
    fields: { method: "api_key", reason: "not_found", message: "authentication is denied" },
    words: "denied authentication: API key does not exist",
  },
  precondition_failed: {
    status: 412,
    fields: { precondition: "resource_still_in_use", message: "precondition is not respected" },
    words: "precondition failed: resource is still in use",
  },
  transient_state: {
    status: 409,
    fields: {
      resource: "server",
      resource_id: "fake",
      current_state: "delivering",
      message: "resource is in a transient state",
    },
    words: "resource server with ID fake is in a transient state: delivering",
  },
  too_many_requests: {
    status: 429,
    fields: { message: "Too Many Requests" },
    words: "http error 429 Too Many Requests: Too Many Requests",
  },
  internal_error: {
    status: 500,
    fields: { message: "internal error" },
    words: "http error 500 Internal Server Error: internal error",
  },
};

/** Attempts in all, before the provider gives up (terraform-provider-scaleway, issue 1517). */
export const attempts = 4;

/** Whether the provider tries such a call again by itself: answers of 429 and 5xx (go-retryablehttp). */
export function isPassing(error: unknown): boolean {
  const status = error instanceof ProviderRefusal ? (scalewayError(error)?.status ?? 0) : 0;
  return status === 429 || status >= 500;
}

/** An error of the world as the API knows it; null for one that it has no type for. */
export function scalewayError(error: unknown): (ScalewayError & { readonly type: string }) | null {
  const code = error instanceof ProviderRefusal || error instanceof HalfDone ? error.code : "";
  const known = errors[code] ?? (code === "InternalError" ? errors.internal_error : undefined);
  return known === undefined ? null : { ...known, type: code };
}

/** An error in the words of Pulumi's provider, which is bridged from Terraform's. */
export function wordScaleway(error: unknown, { type }: Call): string {
  const what = type.slice(type.lastIndexOf(":") + 1);
  const words =
    error instanceof LostReply
      ? `error executing request: Post "https://api.scaleway.com/${what}": EOF`
      : (scalewayError(error)?.words ?? (error instanceof Error ? error.message : String(error)));
  return `1 error occurred:\n\t* scaleway-sdk-go: ${words}\n\n`;
}
