import { type FaultTable, textTable } from "../fault.ts";

const api = "github.com/packethost/packngo packngo.go (ErrorResponse)";
const capacityPage = "OpenNebula's documentation of Equinix edge clusters, known issues";

/** The errors of Equinix Metal's API, formerly Packet's, which has no codes: HTTP status and a sentence. */
export const equinixMetalFaults: FaultTable = textTable([
  [
    /has no provisionable .*servers|No available servers|not enough capacity/i,
    {
      code: "NoCapacity",
      class: "capacity",
      elsewhere: "zone",
      next: "Ask for another metro or plan.",
      source: capacityPage,
    },
  ],
  [
    /reached the limit|limit of \w+|exceed(?:s|ed) .*(?:limit|quota)|maximum number of/i,
    {
      code: "Quota",
      class: "quota",
      elsewhere: "provider",
      next: "Have the project's limit raised, or give back what holds it.",
      source: api,
    },
  ],
  [
    /: 429\b|Too many requests/i,
    {
      code: "TooManyRequests",
      class: "transient",
      elsewhere: null,
      next: "Nothing is to be done if it passes by itself; if it stays, run fewer clusters of this project at once.",
      source: api,
    },
  ],
  [
    /: 40[13]\b|Invalid authentication token|not authorized/i,
    {
      code: "Unauthorized",
      class: "configuration",
      elsewhere: null,
      next: "See that METAL_AUTH_TOKEN in the environment is right and may use this project.",
      source: api,
    },
  ],
  [
    /: 5\d\d\b|Oh snap/i,
    {
      code: "InternalError",
      class: "transient",
      elsewhere: null,
      next: "Nothing is to be done if it passes by itself.",
      source: "github.com/equinixmetal-archive/packngo issue 162",
    },
  ],
  [
    /provision time limit exceeded|in failed state|timeout while waiting for state/i,
    {
      code: "ProvisioningFailed",
      class: "transient",
      elsewhere: "zone",
      next: "Try again; if it stays, ask for another metro or plan.",
      source: "github.com/equinix/terraform-provider-equinix issue 793",
    },
  ],
  [
    /: 4\d\d\b/,
    {
      code: "InvalidRequest",
      class: "configuration",
      elsewhere: null,
      next: "Change what the request asks for: the answer above says what the API does not take.",
      source: api,
    },
  ],
]);
