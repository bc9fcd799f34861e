import { type Fault, type FaultTable, textTable } from "../fault.ts";

const sdkErrors = "github.com/scaleway/scaleway-sdk-go scw/errors.go";
const waitSource = "github.com/scaleway/terraform-provider-scaleway internal/services/baremetal";

const throttled: Fault = {
  code: "too_many_requests",
  class: "transient",
  elsewhere: null,
  next: "Nothing is to be done if it passes by itself; if it stays, run fewer clusters of this project at once.",
  source: "github.com/scaleway/terraform-provider-scaleway issue 1517",
};

/** The errors of Scaleway's API as its SDK words them, which Pulumi's provider hands on. */
export const scalewayFaults: FaultTable = textTable([
  [
    /is out of stock|out_of_stock|no stock available/i,
    {
      code: "out_of_stock",
      class: "capacity",
      elsewhere: "zone",
      next: "Ask for another zone or offer: `scw baremetal offer list` shows what each zone has in stock.",
      source: sdkErrors,
    },
  ],
  [
    /quota exceeded\(s\)|quota\(s\) exceeded|quotas_exceeded|has reached its quota|quota exceeded for this resource/i,
    {
      code: "quotas_exceeded",
      class: "quota",
      elsewhere: "provider",
      next: "Have the quota of this organization raised in its console, or give back what holds it.",
      source: sdkErrors,
    },
  ],
  [/http error 429|too many requests/i, throttled],
  [
    /denied authentication|denied_authentication|http error 401/i,
    {
      code: "denied_authentication",
      class: "configuration",
      elsewhere: null,
      next: "See that SCW_ACCESS_KEY and SCW_SECRET_KEY in the environment are those of a key that exists and is not expired.",
      source: sdkErrors,
    },
  ],
  [
    /insufficient permissions|permissions_denied|http error 403/i,
    {
      code: "permissions_denied",
      class: "configuration",
      elsewhere: null,
      next: "Give the key's owner Elastic Metal, VPC and SSH keys of this project by an IAM policy.",
      source: sdkErrors,
    },
  ],
  [
    /is in a transient state|transient_state|is locked$|with ID \S+ is locked/i,
    {
      code: "transient_state",
      class: "transient",
      elsewhere: null,
      next: "Nothing is to be done if it passes by itself; if it stays, look at the server in Scaleway's console.",
      source: sdkErrors,
    },
  ],
  [
    /http error 5\d\d/i,
    {
      code: "internal_error",
      class: "transient",
      elsewhere: null,
      next: "Nothing is to be done if it passes by itself; if it stays, see status.scaleway.com.",
      source: sdkErrors,
    },
  ],
  [
    /precondition failed|resource_still_in_use/i,
    {
      code: "precondition_failed",
      class: "transient",
      elsewhere: null,
      next: "Something still stands in it: it is tried again when that is gone.",
      source: sdkErrors,
    },
  ],
  [
    /timeout after|waiting for server failed|server .*(?:delivery|install).*error/i,
    {
      code: "delivery_failed",
      class: "transient",
      elsewhere: null,
      next: "Try again; if it stays, ask for another zone or offer.",
      source: waitSource,
    },
  ],
  [
    /invalid argument\(s\)|is not found|cannot read config file|http error 4\d\d|could not find/i,
    {
      code: "invalid_arguments",
      class: "configuration",
      elsewhere: null,
      next: "Change what the request asks for: the answer above says what Scaleway does not take.",
      source: sdkErrors,
    },
  ],
]);
