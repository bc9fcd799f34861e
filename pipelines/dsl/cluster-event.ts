import type { LoginAddress, ServerFacts } from "./event.ts";

/** What is told of a cluster while it comes and goes. Beside the other events, which `event.ts` joins it to. */
export type ClusterEvent =
  | {
      readonly type: "cluster.requested";
      readonly data: { readonly provider: string; readonly hosts: number; readonly os: string };
    }
  /** By list prices, null where the catalogue has none; the time is that until every host answers. */
  | {
      readonly type: "cluster.priced";
      readonly data: {
        readonly provider: string;
        readonly dollarsPerHour: number | null;
        readonly secondsToReady: number;
        /** UTC, ISO 8601. */
        readonly expiresAt: string;
      };
    }
  /** One step of one resource came to its end; of so many that are known so far. */
  | {
      readonly type: "cluster.step";
      readonly data: {
        /** Such as `aws:ec2/instance:Instance`. */
        readonly resource: string;
        readonly name: string;
        readonly operation: "create" | "update" | "replace" | "delete" | "read" | "answer";
        readonly state: "done" | "failed";
        readonly done: number;
        readonly known: number;
      };
    }
  | {
      readonly type: "cluster.ready";
      readonly data: { readonly provider: string; readonly hosts: readonly ReadyHost[]; readonly tookMs: number };
    }
  /** Its machines are KVM hosts now; those that did not become one have no servers. */
  | {
      readonly type: "cluster.configured";
      readonly data: {
        readonly provider: string;
        readonly hosts: readonly string[];
        readonly quarantined: readonly { readonly name: string; readonly why: string }[];
        readonly tookMs: number;
      };
    }
  | { readonly type: "cluster.released"; readonly data: { readonly provider: string; readonly resources: number } };

/** A host that answers, as the record of a run has it. */
export interface ReadyHost {
  readonly name: string;
  /** The provider's own. */
  readonly id: string;
  readonly hostClass: ServerFacts["hostClass"];
  readonly ssh: LoginAddress;
}
