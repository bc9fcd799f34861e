import type { Certificate } from "../../../reports/certificate-document.ts";
import { findings } from "./findings.ts";
import type { CiOutput } from "./output.ts";
import { ciFolder, fillWorkspace } from "./workspace.ts";

const clearLine = `${String.fromCharCode(27)}[0K`;

/**
 * GitLab: the log of the run in a section that folds, and a folder in the project's with page, JUnit file and a dotenv
 * file, with the lines of `.gitlab-ci.yml` that take them as artifacts. https://docs.gitlab.com/ci/yaml/artifacts_reports
 */
export function gitlabOutput(environment: Readonly<Record<string, string | undefined>>, workspace: string): CiOutput {
  const second = () => Math.floor(Date.now() / 1_000);
  return {
    begin: () => [`${clearLine}section_start:${second()}:edgecert_run[collapsed=true]\r${clearLine}edgecert run`],
    end: () => [`${clearLine}section_end:${second()}:edgecert_run\r${clearLine}`],
    async tell(told) {
      const { certificate } = told.sealed;
      await fillWorkspace(environment.CI_PROJECT_DIR ?? workspace, told, { "edgecert.env": dotenv(certificate) });
      return [
        ...findings(certificate, 10).map(({ title, message }) => `edgecert: ${title}: ${message}`),
        "edgecert: in .gitlab-ci.yml, to see results in the merge request and keep the certificate:",
        "  artifacts:",
        "    when: always",
        `    paths: [${ciFolder}/]`,
        "    reports:",
        `      junit: ${ciFolder}/junit.xml`,
        `      dotenv: ${ciFolder}/edgecert.env`,
      ];
    },
  };
}

/** Because a dotenv report allows neither quotes nor lines in a value, anything else becomes an underscore. */
function dotenv({ run, verdict, headline, cells }: Certificate): string {
  const passed = cells.filter((cell) => cell.verdict.startsWith("passed")).length;
  const values = {
    EDGECERT_RUN: run,
    EDGECERT_VERDICT: verdict,
    EDGECERT_HEADLINE: `${headline.lead} ${headline.rest}`,
    EDGECERT_CELLS: `${passed} of ${cells.length}`,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value.replace(/[^\w .,:/@+-]/g, "_")}\n`)
    .join("");
}
