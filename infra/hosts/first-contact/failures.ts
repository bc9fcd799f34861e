import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** A host that was to make a key of its own and said something else. */
export function noOwnHostKey(host: string, said: string): Failure {
  return {
    reason: "no-own-host-key",
    class: "fatal",
    title: `Host ${host} did not make a host key of its own`,
    detail: `Asked for its new public key, it said ${JSON.stringify(said.slice(0, 200))}.`,
    next: "Release the host: the key that it shows is known from its user data. Look at its ssh-keygen if it happens again.",
  };
}
