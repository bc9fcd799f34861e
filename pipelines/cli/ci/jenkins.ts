import { readFile } from "node:fs/promises";
import { findings } from "./findings.ts";
import { jenkinsPage } from "./jenkins-page.ts";
import type { CiOutput } from "./output.ts";
import { ciFolder, fillWorkspace } from "./workspace.ts";

/**
 * Jenkins: a folder in the workspace with the page for `publishHTML`, a JUnit file and a line for the build's
 * description, with the steps that take them. The page obeys Jenkins' policy for such pages, without its script.
 */
export function jenkinsOutput(environment: Readonly<Record<string, string | undefined>>, workspace: string): CiOutput {
  return {
    begin: () => [],
    end: () => [],
    async tell(told) {
      const { certificate } = told.sealed;
      const description = `${certificate.headline.lead}: ${certificate.headline.rest}`;
      const { html, css } = jenkinsPage(await readFile(told.page, "utf8"), "certificate.css");
      const files = {
        "certificate.html": html,
        "certificate.css": css,
        "description.txt": `${description}
`,
      };
      await fillWorkspace(environment.WORKSPACE ?? workspace, told, files);
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
