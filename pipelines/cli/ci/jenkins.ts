import { findings } from "./findings.ts";
import type { CiOutput } from "./output.ts";
import { ciFolder, fillWorkspace } from "./workspace.ts";

/**
 * Jenkins: a folder in the workspace with the page for `publishHTML`, a JUnit file and a line for the build's
 * description, with the steps that take them. The page needs no script, so Jenkins' policy for such pages may stay.
 */
export function jenkinsOutput(environment: Readonly<Record<string, string | undefined>>, workspace: string): CiOutput {
  return {
    begin: () => [],
    end: () => [],
    async tell(told) {
      const { certificate } = told.sealed;
      const description = `${certificate.headline.lead}: ${certificate.headline.rest}`;
      await fillWorkspace(environment.WORKSPACE ?? workspace, told, { "description.txt": `${description}\n` });
      return [
        ...findings(certificate, 10).map(({ title, message }) => `edgecert: ${title}: ${message}`),
        `edgecert: description: ${description}`,
        "edgecert: in the Jenkinsfile, post { always { ... } }:",
        `  junit '${ciFolder}/junit.xml'`,
        `  publishHTML(reportDir: '${ciFolder}', reportFiles: 'certificate.html', reportName: 'Certificate')`,
        `  script { currentBuild.description = readFile('${ciFolder}/description.txt').trim() }`,
      ];
    },
  };
}
