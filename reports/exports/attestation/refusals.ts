import type { Failure } from "../../../pipelines/dsl/failure.ts";

/** Why attestations are refused: each reason says what was found and what to do about it. */
export const refusals = {
  malformed: (line: number, detail: string): Failure =>
    refusal("envelope-malformed", `Line ${line} is not a signed envelope`, detail, fetchAgain),
  otherType: (line: number, detail: string): Failure =>
    refusal("payload-type", `Line ${line} holds no in-toto statement`, detail, fetchAgain),
  otherKey: (line: number, detail: string): Failure =>
    refusal(
      "wrong-key",
      `Line ${line} is not signed by the trusted key`,
      detail,
      "Ask whoever certified for their public key (edgecert key), by another way than this file.",
    ),
  tampered: (line: number, detail: string): Failure =>
    refusal("envelope-tampered", `Line ${line} was changed after it was signed`, detail, fetchAgain),
  notStatement: (line: number, detail: string): Failure =>
    refusal(
      "statement-malformed",
      `Line ${line} is signed, but no statement of edgecert`,
      detail,
      "Verify it with the tool that made it.",
    ),
  noSummary: (): Failure =>
    refusal("summary-missing", "The summary is missing", "no statement says which cells were planned", fetchAgain),
  twoSummaries: (runs: readonly string[]): Failure =>
    refusal(
      "summary-duplicate",
      "There is more than one summary",
      `of the runs ${runs.join(", ")}`,
      "Verify the statements of one run alone.",
    ),
  otherRun: (cell: string, detail: string): Failure =>
    refusal(
      "statement-foreign",
      `The statement of ${cell} belongs to another run`,
      detail,
      "Remove it, and put the one of this run in its place.",
    ),
  duplicate: (cell: string): Failure =>
    refusal("statement-duplicate", `There are two statements of ${cell}`, "only one can be meant", fetchAgain),
  extra: (cell: string): Failure =>
    refusal("cell-extra", `The cell ${cell} was not planned`, "the summary does not name it", "Remove its statement."),
  changed: (cell: string, detail: string): Failure =>
    refusal("statement-replaced", `The statement of ${cell} is not the one that the summary names`, detail, fetchAgain),
  missing: (cell: string): Failure =>
    refusal("cell-missing", `The statement of ${cell} is missing`, "the summary names it", fetchAgain),
  notPassed: (cell: string, detail: string): Failure =>
    refusal(
      "cell-not-passed",
      `The cell ${cell} did not pass`,
      detail,
      "Look at its certificate, mend it, and certify again.",
    ),
  notCertified: (detail: string): Failure =>
    refusal(
      "not-certified",
      "The run was not certified",
      detail,
      "Look at its certificate, mend it, and certify again.",
    ),
  otherThanExpected: (what: string, found: string, expected: string): Failure =>
    refusal(
      `${what}-unexpected`,
      `It is another ${what} than the expected one`,
      `found ${found}, expected ${expected}`,
      "Verify the attestations of the run that is meant.",
    ),
  certificateMissing: (path: string): Failure =>
    refusal(
      "certificate-missing",
      "The certificate is missing",
      path,
      "Put certificate.json beside the attestations, or verify the attestations' file by itself.",
    ),
  certificateChanged: (found: string, expected: string): Failure =>
    refusal(
      "certificate-changed",
      "The certificate is not the one that was attested",
      `its sha256 is ${found}, attested is ${expected}`,
      fetchAgain,
    ),
  certificateCells: (detail: string): Failure =>
    refusal(
      "certificate-cells",
      "The certificate and its summary name different cells",
      detail,
      "Certify again, and report this.",
    ),
  packageMissing: (name: string, detail: string): Failure =>
    refusal(
      "package-missing",
      `The package ${name} is missing`,
      detail,
      "Fetch it again, or name its folder with --packages.",
    ),
  packageChanged: (name: string, detail: string): Failure =>
    refusal("package-changed", `The package ${name} is not the one that was certified`, detail, "Fetch it again."),
  packageLink: (name: string): Failure =>
    refusal(
      "package-link",
      `The package ${name} is a link`,
      "what a link points to can change after it was verified",
      "Copy the file itself there.",
    ),
  packageUncertified: (name: string): Failure =>
    refusal(
      "package-uncertified",
      `The package ${name} was not certified`,
      "it lies beside certified ones",
      "Remove it, or certify it.",
    ),
  packageUnproved: (name: string): Failure =>
    refusal(
      "package-unproved",
      `No cell passed with the package ${name}`,
      "no statement that passed is about it",
      "Certify again with a cell that installs it.",
    ),
  noPackages: (folder: string): Failure =>
    refusal(
      "packages-none",
      "The attestations are about sources, not packages",
      `nothing in ${folder} can be compared`,
      "Leave --packages out.",
    ),
};

const fetchAgain = "Fetch the attestations again from whoever certified.";

function refusal(reason: string, title: string, detail: string, next: string): Failure {
  return { reason, class: "fatal", title, detail, next };
}
