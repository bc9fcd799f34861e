import { z } from "zod";
import type { Owner } from "../../../pipelines/dsl/context.ts";
import type { Failure } from "../../../pipelines/dsl/failure.ts";
import type { ServerRequest } from "../../../pipelines/dsl/request.ts";
import type { Server } from "../provider.ts";

/** What a host's own program can be asked, one question for each start of it. */
export type Call =
  | { readonly verb: "provision"; readonly requests: readonly ServerRequest[]; readonly owner: Owner }
  | { readonly verb: "destroy"; readonly owner: Owner }
  | { readonly verb: "clear"; readonly holder: { readonly run: string; readonly node: string } }
  | { readonly verb: "keep"; readonly holder: { readonly run: string; readonly node: string }; readonly until: string }
  | { readonly verb: "isGone"; readonly id: string }
  | { readonly verb: "room" };

/** How a host is used: said with every call, because a host keeps no settings of ours. */
export interface CallSettings {
  /** Folder of images, keys and servers on the host, absolute. */
  readonly home: string;
  /** Of the host's memory, what its servers may have; in MiB. */
  readonly memoryMiB: number;
  readonly cores: number;
  /** How long a group waits for room, in milliseconds. */
  readonly capacityDeadlineMs: number;
}

/** What stands on the program's standard input: one JSON document. */
export interface Asked {
  readonly settings: CallSettings;
  readonly call: Call;
}

/** Memory and virtual CPUs for servers. */
export interface Room {
  readonly memoryMiB: number;
  readonly cores: number;
  /** Whether somebody has servers there. */
  readonly used: boolean;
}

/** What of a host nobody holds, and all that it has for servers. */
export interface HostRoom extends Room {
  readonly all: Room;
}

const failure = z.custom<Failure>((value) => hasTexts(value, "reason", "class", "title", "detail", "next"));
const server = z.custom<Server>((value) => hasTexts(value, "id", "name", "role", "os", "privateAddress"));

/** One line of what the program prints. */
export const spoken = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("alive") }),
  z.object({ kind: z.literal("note"), text: z.string() }),
  z.object({ kind: z.literal("ready"), server }),
  z.object({ kind: z.literal("failed"), failure }),
  z.object({ kind: z.literal("done"), value: z.unknown() }),
]);

/** As {@link spoken}. */
export type Spoken = z.infer<typeof spoken>;

const room = { memoryMiB: z.number(), cores: z.number(), used: z.boolean() };

/** The values that calls end with. */
export const values = {
  servers: z.array(server),
  room: z.object({ ...room, all: z.object(room) }),
  gone: z.boolean(),
  nothing: z.unknown(),
};

function hasTexts(value: unknown, ...names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fields = new Map(Object.entries(value));
  return names.every((name) => typeof fields.get(name) === "string");
}
