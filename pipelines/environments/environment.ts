import type { DeclaredMeasure } from "../dsl/measure-limit.ts";
import type { ResultFormat, ServerRequest, SuiteExpectation } from "../dsl/request.ts";

/** A product environment: what it is made of, in which state the product stands in it, and what is tested there. */
export interface Environment {
  /** The value on the matrix's axis. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Product versions that have it, from this one on, in Debian's order of versions. */
  readonly since: string;
  readonly roles: readonly Role[];
  /** What the servers share. */
  readonly dependencies: {
    /** `local`: each server has only its own disk. */
    readonly storage: "local";
    /** `private`: one network of the cell, on which names resolve. */
    readonly network: "private";
  };
  /** QEMU's machine model of the guests that nodes run. */
  readonly guestMachine: "q35" | "microvm";
  /** How the product is set up before a suite starts. */
  readonly state: readonly StateFile[];
  /** What must hold before a suite starts: a broken environment is never a failed test. */
  readonly proofs: readonly Proof[];
  /** Folder of the source that holds the suites: nothing else of the source reaches a server of the cell. */
  readonly tests: string;
  readonly suites: readonly Suite[];
}

/** A kind of server and what belongs on it. Sizes are the same for every operating system. */
export interface Role {
  readonly name: string;
  /** Host names of its servers. */
  readonly servers: readonly string[];
  readonly cores: number;
  readonly memoryMiB: number;
  /** Distribution packages that its image holds. */
  readonly packages: readonly string[];
  readonly nestedKvm: boolean;
  /** Packages of the product that are installed on it, by name. */
  readonly installs: readonly string[];
  /** Paths kept as evidence when something fails; shell patterns are allowed. */
  readonly logs: readonly string[];
}

/** A file written to every server of some roles after the installation. */
export interface StateFile {
  readonly roles: readonly string[];
  readonly path: string;
  /** Octal, such as `0600`. */
  readonly mode: string;
  /** Account that owns it, where the server has that account; else root. */
  readonly owner: string;
  /** The text, or a random key made once per cell and the same in all its roles. */
  readonly content: { readonly text: string } | { readonly generated: "key" };
}

/** A shell command that must succeed on every server of a role. */
export interface Proof {
  readonly title: string;
  readonly role: string;
  readonly command: string;
}

/** A test suite: a shell command run in the source's folder on one server. */
export interface Suite {
  readonly name: string;
  readonly format: ResultFormat;
  /** The role whose first server runs it. */
  readonly role: string;
  /** May use EDGECERT_RESULTS (folder for the results file) and EDGECERT_RUNNERS (folder of the runners). */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /**
   * Added to the command where a cell is repeated for one test, which EDGECERT_ONLY_TEST selects: `selectorOf` of the stages
   * says in which form. Absent where the whole suite is run even then.
   */
  readonly only?: string;
  /** Name of the file that the command writes into EDGECERT_RESULTS. */
  readonly results: string;
  readonly timeoutMs: number;
  /** Numbers that it must report, with their limits: missed, they make it failed. Default: measures are only shown. */
  readonly measures?: readonly DeclaredMeasure[];
}

/** The servers of a cell, as the plan asks for them. */
export function serversOf(environment: Environment, os: string): ServerRequest[] {
  return environment.roles.flatMap((role) =>
    role.servers.map((name) => ({
      name,
      role: role.name,
      os,
      cores: role.cores,
      memoryMiB: role.memoryMiB,
      packages: role.packages,
      nestedKvm: role.nestedKvm,
    })),
  );
}

/** The suites whose evidence a cell of the environment owes. */
export function suitesOf(environment: Environment): SuiteExpectation[] {
  return environment.suites.map(({ name, format, measures }) => ({ name, format, ...(measures && { measures }) }));
}
