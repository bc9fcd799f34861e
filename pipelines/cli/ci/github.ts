import { randomUUID } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { markdown } from "../../../reports/exports/markdown.ts";
import { type Finding, findings } from "./findings.ts";
import type { CiOutput } from "./output.ts";

/** Errors of one step that GitHub shows at most; later ones are dropped without a word. */
const mostErrors = 10;

/**
 * GitHub Actions: commands in what is printed while the run works are stopped, by a token that no product can know; then
 * up to ten annotations, a job summary (https://docs.github.com/actions: 1 MiB for a step; ours stays below 64 KiB), and
 * the outputs `run`, `verdict` and `certificate`.
 */
export function githubOutput(environment: Readonly<Record<string, string | undefined>>): CiOutput {
  const token = randomUUID();
  return {
    begin: () => [`::stop-commands::${token}`],
    end: () => [`::${token}::`],
    async tell({ sealed, page }) {
      const { certificate } = sealed;
      await append(environment.GITHUB_STEP_SUMMARY, markdown(sealed));
      const outputs = Object.entries({ run: certificate.run, verdict: certificate.verdict, certificate: page });
      await append(
        environment.GITHUB_OUTPUT,
        outputs.map(([name, value]) => `${name}=${value.replace(/[\r\n]/g, " ")}\n`).join(""),
      );
      return findings(certificate, mostErrors).map(annotation);
    },
  };
}

async function append(path: string | undefined, text: string): Promise<void> {
  if (path !== undefined && path !== "") await appendFile(path, text);
}

function annotation({ title, message, file, line }: Finding): string {
  const place = file === null ? "" : `file=${property(file)},${line === null ? "" : `line=${line},`}`;
  return `::error ${place}title=${property(title)}::${data(message)}`;
}

/** Escapes of workflow commands: what ends a line, and in properties what ends a property. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
