import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { openNebulaError } from "./failures.ts";

/** Environment variable with a PEM file of the authorities that front-ends are checked by, beside those of the system. */
export const authorityVariable = "EDGECERT_OPENNEBULA_CA";

/** Where OpenNebula is and how to log in there. */
export interface SessionPlace {
  /** Address of the XML-RPC interface, such as `https://front-end:2634/RPC2`. */
  readonly xmlRpc: URL;
  /** Address of OneFlow. */
  readonly flow: URL;
  /** File with `user:password` or `user:token`. */
  readonly authFile: string;
  /** PEM text of further authorities; null for those of the system alone. */
  readonly authorities: string | null;
}

/**
 * The place that OpenNebula's own clients would use: ONE_XMLRPC, ONEFLOW_URL and ONE_AUTH, with their defaults. Throws
 * where the session would travel in the clear off this machine, or where checks are said to be left out.
 */
export async function sessionPlace(environment: NodeJS.ProcessEnv = process.env): Promise<SessionPlace> {
  const value = (name: string, otherwise: string) => environment[name] || otherwise;
  const { ONE_DISABLE_SSL_VERIFY: unchecked = "" } = environment;
  if (/^(1|yes|true)$/i.test(unchecked))
    throw openNebulaError(
      "opennebula-insecure",
      "ONE_DISABLE_SSL_VERIFY is set, and edgecert checks every certificate.",
    );
  return {
    xmlRpc: secureUrl("ONE_XMLRPC", value("ONE_XMLRPC", "http://localhost:2633/RPC2")),
    flow: secureUrl("ONEFLOW_URL", value("ONEFLOW_URL", "http://localhost:2474")),
    authFile: value("ONE_AUTH", join(environment.HOME || homedir(), ".one", "one_auth")),
    authorities: await authorities(environment[authorityVariable] ?? ""),
  };
}

function secureUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw openNebulaError(
      "opennebula-unreachable",
      `${name} is ${JSON.stringify(text)}, which is not an http address.`,
    );
  const here = url.hostname === "localhost" || url.hostname === "[::1]" || /^127(\.\d+){3}$/.test(url.hostname);
  if (url.protocol === "http:" && !here)
    throw openNebulaError("opennebula-insecure", `${name} is ${text}: without TLS, and not on this machine.`);
  return url;
}

async function authorities(file: string): Promise<string | null> {
  if (file === "") return null;
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw openNebulaError("opennebula-insecure", `${authorityVariable} is ${file}, which cannot be read.`, cause);
  }
}

/** The session of a file: one line, `user:secret`. Never part of a message. Throws where there is none. */
export async function readSession(authFile: string): Promise<string> {
  const text = await readFile(authFile, "utf8").catch((cause: unknown) => {
    throw openNebulaError("opennebula-no-session", `${authFile} cannot be read.`, cause);
  });
  const session = text.trim();
  if (/^[^:\s]+:\S+$/.test(session)) return session;
  throw openNebulaError("opennebula-no-session", `${authFile} does not hold one line of the form user:secret.`);
}
