import { cwd } from "node:process";
import type { SealedCertificate } from "../../../reports/seal.ts";
import { visibleText } from "../../../reports/visible-text.ts";
import { githubOutput } from "./github.ts";
import { gitlabOutput } from "./gitlab.ts";
import { jenkinsOutput } from "./jenkins.ts";
import { type CiPlace, ciPlace } from "./place.ts";

/** What is told: the sealed certificate and the path of its page. */
export interface CiTold {
  readonly sealed: SealedCertificate;
  readonly page: string;
}

/** How results are shown in one CI. Each gives lines to print. */
export interface CiOutput {
  /** Before the output of a run. */
  begin(): readonly string[];
  /** After it. */
  end(): readonly string[];
  /** The certificate, also in the files that the CI reads. */
  tell(told: CiTold): Promise<readonly string[]>;
}

const plainOutput: CiOutput = { begin: () => [], end: () => [], tell: async () => [] };

/** The way of the chosen CI, or of the one that this process runs in. */
export function ciOutput(
  choice: CiPlace | "auto" | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): CiOutput {
  switch (ciPlace(choice, environment)) {
    case "github":
      return githubOutput(environment);
    case "gitlab":
      return gitlabOutput(environment, cwd());
    case "jenkins":
      return jenkinsOutput(environment, cwd());
    case "none":
      return plainOutput;
  }
}

/** Tells a CI, and says in one line what could not be told: the certificate and the exit code stand. */
export async function tellCi(ci: CiOutput, told: CiTold, print: (line: string) => void): Promise<void> {
  try {
    for (const line of await ci.tell(told)) print(line);
  } catch (error) {
    const detail = visibleText(error instanceof Error ? error.message : String(error)).replaceAll("\n", " ");
    process.stderr.write(`edgecert: the CI could not be told all: ${detail}\n`);
  }
}
