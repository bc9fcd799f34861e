import type { Elsewhere } from "../../../infra/providers/fault.ts";
import type { FailureClass } from "../../../pipelines/dsl/failure.ts";

/** One row of the fault table: what goes wrong, at which operation, and what it must be called. */
export interface FaultCase {
  readonly fault: string;
  readonly operation: "up" | "refresh" | "destroy";
  /** What the fake cloud does; the names of its resources begin with the stack's. */
  readonly rule: {
    readonly type: string;
    readonly does: "refuse" | "lose-reply" | "half";
    readonly code?: string;
    readonly times?: number | "always";
  };
  /** Null: the operation does what it was asked all the same. */
  readonly class: FailureClass | null;
  readonly code?: string;
  readonly elsewhere?: Elsewhere;
}

const refuse = (type: string, code: string, times: number | "always" = "always") =>
  ({ type, does: "refuse", code, times }) as const;

/** Faults that a cloud answers a creation with: each on a stack of its own. */
export const faultsOfUp: readonly FaultCase[] = [
  {
    fault: "no capacity",
    operation: "up",
    rule: refuse("Instance", "InsufficientInstanceCapacity"),
    class: "capacity",
    code: "InsufficientInstanceCapacity",
    elsewhere: "zone",
  },
  {
    fault: "quota used up",
    operation: "up",
    rule: refuse("Vpc", "VpcLimitExceeded"),
    class: "quota",
    code: "VpcLimitExceeded",
    elsewhere: "region",
  },
  {
    fault: "throttled for a while",
    operation: "up",
    rule: refuse("Subnet", "RequestLimitExceeded", 2),
    class: null,
  },
  {
    fault: "not authorized",
    operation: "up",
    rule: refuse("SecurityGroup", "UnauthorizedOperation"),
    class: "configuration",
    code: "UnauthorizedOperation",
  },
  {
    fault: "reply lost",
    operation: "up",
    rule: { type: "Instance", does: "lose-reply" },
    class: "transient",
    code: "Connection",
  },
  {
    fault: "half created",
    operation: "up",
    rule: { type: "Instance", does: "half", code: "InternalError" },
    class: "transient",
    code: "InternalError",
  },
];

/** Faults that a cloud answers a stack with that is up: one after another on the same stack. */
export const faultsOfRefresh: readonly FaultCase[] = [
  {
    fault: "throttled for good",
    operation: "refresh",
    rule: refuse("Instance", "RequestLimitExceeded"),
    class: "transient",
    code: "RequestLimitExceeded",
  },
  {
    fault: "credentials expired",
    operation: "refresh",
    rule: refuse("Vpc", "AuthFailure"),
    class: "configuration",
    code: "AuthFailure",
  },
];

/** The same for a stack that goes; each leaves more of it gone. */
export const faultsOfDestroy: readonly FaultCase[] = [
  {
    fault: "server error for good",
    operation: "destroy",
    rule: refuse("Instance", "InternalError"),
    class: "transient",
    code: "InternalError",
  },
  {
    fault: "reply lost",
    operation: "destroy",
    rule: { type: "Instance", does: "lose-reply" },
    class: "transient",
    code: "Connection",
  },
  {
    fault: "not authorized",
    operation: "destroy",
    rule: refuse("Subnet", "UnauthorizedOperation"),
    class: "configuration",
    code: "UnauthorizedOperation",
  },
];
