import { z } from "zod";
import { type OpenNebulaReason, openNebulaError } from "./failures.ts";
import { exchange } from "./http.ts";
import type { Profile } from "./profile.ts";
import { readSession, type SessionPlace } from "./session.ts";

/** Machines of one role of a service, all of one template. */
export interface FlowRole {
  /** Letters, digits and underscores. */
  readonly name: string;
  readonly cardinality: number;
  /** Number of the template of its machines. */
  readonly template: number;
  /** Roles whose machines must run before. */
  readonly parents: readonly string[];
}

/** States of a service by their numbers (OneFlow's `service.rb`); the rest are on the way to one of these. */
export const flowStates = [
  ...["PENDING", "DEPLOYING", "RUNNING", "UNDEPLOYING", "WARNING", "DONE", "FAILED_UNDEPLOYING", "FAILED_DEPLOYING"],
  ...["SCALING", "FAILED_SCALING", "COOLDOWN", "DEPLOYING_NETS", "UNDEPLOYING_NETS", "FAILED_DEPLOYING_NETS"],
  ...["FAILED_UNDEPLOYING_NETS", "HOLD"],
] as const;

/** A running service. */
export interface FlowService {
  readonly id: number;
  readonly name: string;
  /** OneFlow's word, such as `RUNNING` or `FAILED_DEPLOYING`. */
  readonly state: string;
  /** Numbers of its machines. */
  readonly machines: readonly number[];
}

const document = z.object({ ID: z.coerce.number<string>().int(), NAME: z.string() });
const templateAnswer = z.object({ DOCUMENT: document });
// Because OneFlow leaves the list out where it is empty.
const templatesAnswer = z.object({ DOCUMENT_POOL: z.object({ DOCUMENT: z.array(document).default([]) }) });
const serviceAnswer = z.object({
  DOCUMENT: document.extend({
    TEMPLATE: z.object({
      BODY: z.object({
        state: z.number().default(0),
        roles: z.array(z.object({ nodes: z.array(z.object({ deploy_id: z.number() })).default([]) })),
      }),
    }),
  }),
});
const errorAnswer = z.object({ error: z.object({ message: z.string() }) });

/** The calls of OneFlow over REST, with the same session as XML-RPC, under one signal. */
export function openNebulaFlow(place: SessionPlace, profile: Profile, signal: AbortSignal) {
  const send = async (method: "GET" | "POST" | "DELETE", path: string, body?: unknown) => {
    const session = await readSession(place.authFile);
    const { status, text } = await exchange({
      ...{ url: new URL(path, place.flow), method, authorities: place.authorities, signal },
      headers: {
        authorization: `Basic ${Buffer.from(session).toString("base64")}`,
        "content-type": "application/json",
      },
      body: body === undefined ? "" : JSON.stringify(body),
      ...{ timeoutMs: 60_000, most: 64 * 2 ** 20 },
    });
    if (status < 200 || status > 299)
      throw openNebulaError(reasonOf(status), `${method} ${path}: ${wordsOf(text, status)}`);
    return text;
  };
  const service = async (id: number) => serviceOf(decode(serviceAnswer, await send("GET", `/service/${id}`)));
  return {
    templates: {
      create: async (name: string, roles: readonly FlowRole[]) => {
        const body = { name, deployment: "straight", roles: roles.map((role) => roleBody(role, profile)) };
        return decode(templateAnswer, await send("POST", "/service_template", body)).DOCUMENT.ID;
      },
      info: async (id: number) => named(decode(templateAnswer, await send("GET", `/service_template/${id}`)).DOCUMENT),
      list: async () =>
        decode(templatesAnswer, await send("GET", "/service_template")).DOCUMENT_POOL.DOCUMENT.map(named),
      delete: async (id: number) => void (await send("DELETE", `/service_template/${id}`)),
      instantiate: async (id: number) => {
        const action = { action: { perform: "instantiate", params: {} } };
        return serviceOf(decode(serviceAnswer, await send("POST", `/service_template/${id}/action`, action)));
      },
    },
    services: {
      info: service,
      /** Ends its machines with it. */
      delete: async (id: number) => void (await send("DELETE", `/service/${id}`)),
    },
  };
}

function named({ ID, NAME }: z.infer<typeof document>) {
  return { id: ID, name: NAME };
}

function roleBody({ name, cardinality, template, parents }: FlowRole, { flowRoles }: Profile) {
  const common = { name, cardinality, ...(parents.length === 0 ? {} : { parents }) };
  return flowRoles === "vm_template"
    ? { ...common, vm_template: template }
    : { ...common, type: "vm", template_id: template };
}

function serviceOf({ DOCUMENT: { ID, NAME, TEMPLATE } }: z.infer<typeof serviceAnswer>): FlowService {
  const { state, roles } = TEMPLATE.BODY;
  const machines = roles.flatMap(({ nodes }) => nodes.map(({ deploy_id }) => deploy_id));
  return { id: ID, name: NAME, state: flowStates[state] ?? `STATE ${state}`, machines };
}

function decode<Shape>(schema: z.ZodType<Shape>, text: string): Shape {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is not JSON";
    throw openNebulaError(
      "opennebula-unreadable",
      `OneFlow answered ${JSON.stringify(text.slice(0, 60))}: ${why}.`,
      cause,
    );
  }
}

/** Source of the codes: the reference of OneFlow's REST interface. */
function reasonOf(status: number): OpenNebulaReason {
  if (status === 401) return "opennebula-not-authenticated";
  if (status === 403) return "opennebula-not-authorized";
  if (status === 404) return "opennebula-no-exists";
  return status < 500 ? "opennebula-bad-parameters" : "opennebula-internal";
}

function wordsOf(text: string, status: number): string {
  try {
    return errorAnswer.parse(JSON.parse(text)).error.message;
  } catch {
    return `status ${status}`;
  }
}
