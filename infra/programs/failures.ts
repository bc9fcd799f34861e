import type { Failure } from "../../pipelines/dsl/failure.ts";
import { nearestNames } from "../catalog/names.ts";

/** The service behind `equinix-metal` is gone; says what to use in its place. */
export const equinixMetalEnded: Failure = {
  reason: "provider-ended",
  class: "configuration",
  title: "Equinix Metal no longer exists",
  detail: "Equinix Metal (formerly Packet) ended on 30 June 2026: no request to its API can succeed.",
  next: "Use its successor here, Scaleway Elastic Metal, or the provider aws; for a fake of the API set fakeApi to its address.",
};

/** A fake that is not on this machine could be anything. */
export function fakeApiNotLocal(address: string): Failure {
  return {
    reason: "fake-api-not-local",
    class: "configuration",
    title: "The fake of the Equinix Metal API is not on this machine",
    detail: `fakeApi is ${JSON.stringify(address)}, which is not a port of the loopback address.`,
    next: "Start the fake here and name it as 127.0.0.1:<port>.",
  };
}

/** What to use in place of a word that nobody knows: the likeliest first. */
function instead(word: string, known: readonly string[]): string {
  const meant = nearestNames(word, known);
  // Because nobody reads a line of hundreds.
  const all = known.length > 40 ? "what `edgecert catalog` lists" : `one of ${known.join(", ")}`;
  return meant.length === 0 ? `Use ${all}.` : `Did you mean ${meant.join(" or ")}? Else use ${all}.`;
}

/** A machine model that cannot be a KVM host at its provider; `known` are those that can. */
export function unknownModel(provider: string, model: string, known: readonly string[]): Failure {
  return {
    reason: "unknown-machine-model",
    class: "configuration",
    title: `${model} cannot be a KVM host on ${provider}`,
    detail: `${JSON.stringify(model)} is not a machine that runs KVM guests on ${provider}.`,
    next: instead(model, known),
  };
}

/** No image is known for the operating system. */
export function unknownImage(os: string, place: string, known: readonly string[]): Failure {
  return {
    reason: "unknown-image",
    class: "configuration",
    title: `No image of ${os} is known in ${place}`,
    detail: `${JSON.stringify(os)} has no published image that edgecert can look up in ${place}.`,
    next: `${instead(os, known)} In another partition of AWS, name an image by its id (ami).`,
  };
}

/** A firewall that would let the whole internet in. */
export function openToAll(network: string): Failure {
  return {
    reason: "ssh-open-to-all",
    class: "configuration",
    title: "SSH would be open to the whole internet",
    detail: `sshFrom ${JSON.stringify(network)} is every address there is.`,
    next: "Name the networks that you come from; if it must be everywhere, say so with the word anywhere.",
  };
}

/** Two values that cannot both be meant. */
export function contradiction(detail: string, next: string): Failure {
  return {
    reason: "contradictory-cluster",
    class: "configuration",
    title: "The cluster contradicts itself",
    detail: `${detail[0]?.toUpperCase()}${detail.slice(1)}.`,
    next: `${next[0]?.toUpperCase()}${next.slice(1)}.`,
  };
}

/** An operating system that the provider does not install, or not so that we can tell its hosts from others. */
export function unknownSystem(provider: string, os: string, known: readonly string[]): Failure {
  return {
    reason: "unknown-image",
    class: "configuration",
    title: `${os} cannot be a host's operating system on ${provider}`,
    detail: `${JSON.stringify(os)} is not among the operating systems that ${provider} installs with cloud-init.`,
    next: instead(os, known),
  };
}

/** A place that the provider does not have. */
export function unknownPlace(provider: string, place: string, known: readonly string[]): Failure {
  return {
    reason: "unknown-location",
    class: "configuration",
    title: `${provider} has no place ${place}`,
    detail: `${JSON.stringify(place)} is not a place of ${provider} that the catalogue knows.`,
    next: instead(place, known),
  };
}

/** A machine that cannot be given a host key of ours, so that nobody could tell who answers for it. */
export function noCloudInit(model: string, known: readonly string[]): Failure {
  return {
    reason: "no-cloud-init",
    class: "configuration",
    title: `${model} cannot be given our host key`,
    detail: `The offer ${model} takes no cloud-init, which alone puts a host key on a host before its first connection.`,
    next: `Use one of ${known.join(", ")}.`,
  };
}

/** A package that is installed on demand, and is not. */
export function missingPackage(provider: string, name: string): Failure {
  return {
    reason: "missing-package",
    class: "configuration",
    title: `The provider ${provider} needs the package ${name}`,
    detail: `${name} is an optional dependency, and it is not installed here.`,
    next: `Run npm install ${name}, or npm ci without --omit=optional.`,
  };
}

/** The number of hosts and of their keys differ. */
export function hostKeyCount(count: number, keys: number): Failure {
  return {
    reason: "host-key-count",
    class: "configuration",
    title: "Each host needs a host key of its own",
    detail: `The cluster has ${count} hosts and ${keys} different host keys.`,
    next: "Make one key pair per host with ssh-keygen -t ed25519 and list them all.",
  };
}

/** Stack configuration that does not say what to build; every problem at once, each on a line of its own. */
export function invalidStack(problems: readonly string[]): Failure {
  return {
    reason: "invalid-stack-configuration",
    class: "configuration",
    title: "The stack's configuration does not describe a cluster",
    detail: problems.map((problem) => `\n  ${problem}`).join(""),
    next: "\nCorrect each with pulumi config set; Pulumi.yaml describes every value, and the example stacks beside it have them.",
  };
}

/** Tags that a cloud would refuse or change, so that a sweep could not find what carries them. */
export function invalidTags(problems: readonly string[]): Failure {
  return {
    reason: "invalid-tag",
    class: "configuration",
    title: "A resource would be created without usable tags",
    detail: problems.join("; "),
    next: "Use 1 to 256 letters, digits, spaces and _ . : / = + - @, and a time such as 2027-01-31T18:00:00Z.",
  };
}
