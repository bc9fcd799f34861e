import type { Certificate } from "./certificate-document.ts";

/** A certificate as it was read: of this version, or of the one before it, which had less to say. */
export type ReadCertificate = Certificate | FirstVersion;

/** Version 1: as version 2 without what is listed here, and with every property of a test written out. */
interface FirstVersion extends Omit<Certificate, "v" | keyof typeof unsaid> {
  readonly v: 1;
}

const unsaid = {
  definition: null,
  requestedBy: null,
  completeness: "planned",
  waivers: [],
  difference: null,
  coverage: null,
  measures: [],
  contrasts: [],
  readiness: [],
  cost: null,
} as const;

/** The certificate in this version's shape. Its seal stays that of the bytes it was read from. */
export function inThisVersion(read: ReadCertificate): Certificate {
  if (read.v === 2) return read;
  const { cells, suites } = read;
  return {
    ...read,
    ...unsaid,
    v: 2,
    cells: cells.map((cell) => ({ ...cell, waived: 0 })),
    suites: suites.map((suite) => ({ ...suite, waived: 0, tests: suite.tests.map(withoutDefaults) })),
  };
}

type Test = Certificate["suites"][number]["tests"][number];

function withoutDefaults(test: Test): Test {
  const { params, occurrence, note, ...rest } = test;
  return {
    ...rest,
    // Because version 1 wrote null where there were no parameters.
    ...(typeof params === "string" ? { params } : {}),
    ...(occurrence === undefined || occurrence === 1 ? {} : { occurrence }),
    ...(note === undefined || note === "" ? {} : { note }),
  };
}
