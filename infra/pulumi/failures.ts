import type { Failure } from "../../pipelines/dsl/failure.ts";

const install = "Install Pulumi from its own download page, or run `npm install --global pulumi`, which fetches it";

/** No program that could bring a cluster up. */
export function noEngine(oldest: string): Failure {
  return {
    reason: "no-pulumi-engine",
    class: "configuration",
    title: "Pulumi is not installed",
    detail: `Edge clusters are brought up by the program pulumi, ${oldest} or newer; PATH has none.`,
    next: `${install}.`,
  };
}

/** A program that is too old for what runs ask of it. */
export function oldEngine(found: { readonly command: string; readonly version: string }, oldest: string): Failure {
  return {
    reason: "old-pulumi-engine",
    class: "configuration",
    title: `Pulumi ${found.version} is too old`,
    detail: `${found.command} is ${found.version}; ${oldest} is the first that keeps tags of stacks in file and S3 states.`,
    next: `${install}, and see that it comes first on PATH.`,
  };
}

/** A program that does not say which version it is. */
export function brokenEngine(command: string, detail: string): Failure {
  return {
    reason: "broken-pulumi-engine",
    class: "configuration",
    title: "Pulumi does not start",
    detail: `${command} version failed: ${detail}`,
    next: `Run it by hand to see why. ${install}.`,
  };
}
