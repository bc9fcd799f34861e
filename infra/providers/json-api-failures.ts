import type { Failure } from "../../pipelines/dsl/failure.ts";

/** An address of an API that a secret must not be sent to. */
export function unsafeAddress(variable: string, address: string): Failure {
  return {
    reason: "unsafe-api-address",
    class: "configuration",
    title: `${variable} is no address for a secret`,
    detail: `${variable} is ${JSON.stringify(address)}: a token goes over https:, or over http: to this machine alone.`,
    next: `Correct ${variable}, or unset it for the provider's own address.`,
  };
}

/** Nothing to prove who asks an API. */
export function noApiToken(provider: string, variable: string): Failure {
  return {
    reason: "no-api-token",
    class: "configuration",
    title: `No credentials for ${provider}`,
    detail: `${variable} is not set: what ${provider} still has of ours cannot be listed or given back.`,
    next: `Set ${variable} in the environment.`,
  };
}

/** An answer that is not what the API is documented to give, so that nobody knows what it has. */
export function unreadableAnswer(provider: string, path: string, why: string): Failure {
  return {
    reason: "unreadable-api-answer",
    class: "fatal",
    title: `${provider} answers something that edgecert does not know`,
    detail: `GET ${path}: ${why}`,
    next: "See whether something between here and the API answers in its place, such as a proxy.",
  };
}

/** A resource that goes on existing after it was given back. */
export function stillThere(provider: string, what: string, seconds: number): Failure {
  return {
    reason: "still-being-deleted",
    class: "transient",
    title: `${provider} has not finished deleting ${what}`,
    detail: `${what} was deleted and is still listed after ${seconds} s.`,
    next: "Nothing is to be done if it goes by itself: the next sweep looks again.",
  };
}
