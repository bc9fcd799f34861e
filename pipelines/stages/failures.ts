import type { Failure } from "../dsl/failure.ts";
import type { PlanSource } from "../dsl/plan-document.ts";

/** What can go wrong while a source is fetched. */
export const sourceFailures = {
  noSuchFolder: (source: PlanSource, folder: string): Failure => ({
    reason: "source-folder-missing",
    class: "configuration",
    title: `The source ${source.name} was not found`,
    detail: `${folder} is not a folder`,
    next: "Give a git URL, or a path relative to the definition's folder.",
  }),
  noSuchRef: (source: PlanSource, detail: string): Failure => ({
    reason: "source-ref-missing",
    class: "configuration",
    title: `The source ${source.name} has no ref ${source.ref}`,
    detail: detail || source.ref,
    next: "Name a branch, a tag or a commit that the repository has, and push it where it exists only elsewhere.",
  }),
  unreachable: (source: PlanSource, detail: string): Failure => ({
    reason: "source-unreachable",
    class: "transient",
    title: `The source ${source.name} could not be fetched`,
    detail: withoutPassword(detail) || "git gave no reason",
    next: "Try the same git fetch by hand; for a private repository set up a credential helper or an SSH key.",
  }),
  empty: (source: PlanSource, detail: string): Failure => ({
    reason: "source-empty",
    class: "configuration",
    title: `The source ${source.name} holds no files`,
    detail,
    next: "Check the path, the ref and what .gitignore leaves out.",
  }),
  gitFailed: (source: PlanSource, detail: string): Failure => ({
    reason: "git-failed",
    class: "fatal",
    title: `git could not read the source ${source.name}`,
    detail: withoutPassword(detail) || "git gave no reason",
    next: "Run git status and git fsck in that folder.",
  }),
};

/** What can go wrong while packages are built and installed. */
export const packageFailures = {
  noBuildServer: (roles: readonly string[]): Failure => ({
    reason: "no-build-server",
    class: "configuration",
    title: "There is no server to build on",
    detail: `the servers have the roles ${roles.join(", ") || "(none)"}; one with the role build is needed`,
    next: "Let the stage that builds need a stage that asks for a server with the role build.",
  }),
  buildServerTested: (server: string): Failure => ({
    reason: "build-server-tested",
    class: "configuration",
    title: "Packages are never tested on the server that built them",
    detail: `${server} has the role build`,
    next: "Ask for servers of their own for every cell.",
  }),
  buildFailed: (os: string, code: number, lines: readonly string[]): Failure => ({
    reason: "build-failed",
    class: "test",
    title: `The packages for ${os} could not be built`,
    detail: [`the build ended with exit code ${code}`, ...lines].join("\n"),
    next: "Read the log of this node; the same command builds the source anywhere.",
  }),
  noPackages: (os: string): Failure => ({
    reason: "no-packages",
    class: "test",
    title: `The build for ${os} made no packages`,
    detail: "it succeeded and left no *.deb in EDGECERT_OUT",
    next: "Let the build command put its packages there.",
  }),
  badPackageName: (name: string): Failure => ({
    reason: "bad-package-name",
    class: "test",
    title: "A built package has a name that is not safe",
    detail: JSON.stringify(name),
    next: "Use letters, digits and . + ~ _ - only.",
  }),
  changedOnTheWay: (file: string, detail: string): Failure => ({
    reason: "package-changed",
    class: "fatal",
    title: `${file} is not what was built`,
    detail,
    next: "Start a new run; if it happens again, check the disks of this machine.",
  }),
  missing: (server: string, names: readonly string[], built: readonly string[]): Failure => ({
    reason: "package-missing",
    class: "configuration",
    title: `${server} needs a package that was not built`,
    detail: `needed: ${names.join(", ")}; built: ${built.join(", ")}`,
    next: "Correct `installs` of the environment's roles, or the build.",
  }),
  installFailed: (server: string, detail: string): Failure => ({
    reason: "install-failed",
    class: "test",
    title: `The packages could not be installed on ${server}`,
    detail,
    next: "A dependency that is missing belongs into the `packages` of the environment's role; the rest is the product's.",
  }),
  versionTooOld: (environment: string, since: string, version: string): Failure => ({
    reason: "environment-not-in-version",
    class: "configuration",
    title: `Version ${version} does not have the environment ${environment}`,
    detail: `it exists since ${since}`,
    next: "Leave the cell out of the matrix, with a reason, or build a newer version.",
  }),
};

/** What can go wrong while a cell is tested. */
export const testFailures = {
  notProved: (environment: string, title: string, detail: string): Failure => ({
    reason: "environment-not-proved",
    class: "fatal",
    title: `${environment} is not what it should be: not true that ${title}`,
    detail,
    next: "No suite was run. Look at the proof's command in the environment and at the evidence of its servers.",
  }),
  noRole: (environment: string, role: string): Failure => ({
    reason: "role-missing",
    class: "configuration",
    title: `${environment} has no server of the role ${role}`,
    detail: `a suite, proof or file names ${role}`,
    next: "Correct the role's name in the environment.",
  }),
  suitesFailed: (names: readonly string[]): Failure => ({
    reason: "suites-failed",
    class: "test",
    title: names.length === 1 ? `The suite ${names[0]} failed` : `The suites ${names.join(" and ")} failed`,
    detail: "each failed test stands in the certificate, with the evidence of its cell",
    next: "Read the failed tests first, then the journals.",
  }),
  suitesUnknown: (names: readonly string[], detail: string): Failure => ({
    reason: "suites-unknown",
    class: "fatal",
    title: `It is not known how ${names.join(" and ")} ended`,
    detail,
    next: "Read the console of the servers; start a new run for these cells.",
  }),
};

/** How servers are lost: whoever worked on them is attempted again, on fresh ones. */
export const lossFailures = {
  serversLost: (work: string, lost: readonly string[]): Failure => ({
    reason: "servers-lost",
    class: "lost",
    title: `A server was lost while ${work}`,
    detail: lost.join("\n"),
    next: "What came of it is kept as evidence and does not count. Read the console, then certify again.",
  }),
  notRebooted: (server: string, why: string): Failure => ({
    reason: "not-rebooted",
    class: "lost",
    title: `${server} did not come back from a reboot`,
    detail: why,
    next: "Read its console; a server that boots slowly may need a longer time.",
  }),
  setUpInterrupted: (servers: readonly string[]): Failure => ({
    reason: "set-up-interrupted",
    class: "lost",
    title: "The servers were left half set up by an attempt that was interrupted",
    detail: servers.join(", "),
    next: "Nothing was tested on them. Certify again.",
  }),
  unknownEnd: (job: string, server: string, why: string): Failure => ({
    reason: "job-end-unknown",
    class: "lost",
    title: `It is not known how ${job} ended on ${server}`,
    detail: `its process ${why}`,
    next: "Read the console of the server.",
  }),
};

function withoutPassword(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^/@\s']*@/gi, "$1");
}
