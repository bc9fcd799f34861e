import type { Cause, Certificate } from "../certificate-document.ts";
import type { Blame } from "../verdict.ts";
import { capital, cellWords, counted, listed, plural, valueWords } from "../wording.ts";

const says: Readonly<Record<Blame, string>> = {
  nobody: "",
  product: "",
  evidence: "None of its results counts as passed.",
  infrastructure: "This says nothing about the product.",
  person: "This says nothing about the product.",
  selection: "This says nothing about the product.",
};

/** Where a cause was seen and where not, in one or two sentences. */
export function causeWhere(cause: Cause, certificate: Certificate): string {
  const total = certificate.cells.length;
  const every = cause.cells.length === total && total > 1;
  const words = certificate.cells
    .filter((cell) => cause.cells.includes(cell.id))
    .map((cell) => cellWords(cell.values, certificate.titles));
  const cells = every
    ? `all ${counted(total)} cells`
    : words.length > 4
      ? `${words.length} of ${total} cells`
      : listed(words);
  if (words.length === 0) return "No cell depends on it.";
  if (cause.verdict === "passed") return `Fails in ${cells} under a waiver, and takes the green from nothing.`;
  if (cause.verdict === "passed-with-retries") return `${capital(cells)} passed when tried again.`;
  if (cause.verdict !== "failed") {
    const verb =
      cause.verdict === "inconclusive" ? (words.length === 1 ? "is inconclusive" : "are inconclusive") : "did not run";
    return `${capital(cells)} ${verb}. ${says[cause.blame]}`.trim();
  }
  const others = cause.passedIn.length;
  if (others === 0)
    return total === 1 || every ? `Fails in ${cells}.` : `Fails in ${cells}; no other cell ran it to a pass.`;
  const rest =
    others === 1 ? "passes in the other cell that ran it" : `passes in the other ${others} cells that ran it`;
  return `Fails only ${onlyWords(cause, certificate) ?? `in ${cells}`}; ${rest}.`;
}

/** Because one value that all failing cells share, and no passing one has, says more than a list of cells. */
function onlyWords({ only, cells }: Cause, { titles }: Certificate): string | null {
  if (only === undefined || only.values.length > 3) return null;
  const values = listed(only.values.map((value) => valueWords(value, titles)));
  return cells.length === 1 ? null : `with ${values}, in ${plural(cells.length, "cell")}`;
}

/** The title of the clause: retries alone are not failures. */
export function causesTitle({ causes }: Certificate): string {
  if (causes.every((cause) => cause.verdict === "passed-with-retries")) return "Retries by cause";
  return causes.every(isGreen) ? "Waived failures and retries by cause" : "Failures by cause";
}

/** What clause and cover say about all causes together. */
export function causesFinding({ causes }: Certificate): string {
  const open = causes.filter((cause) => !isGreen(cause)).length;
  const waived = causes.filter((cause) => cause.verdict === "passed").length;
  const retries = causes.length - open - waived;
  const explain = `${capital(counted(open))} ${open === 1 ? "cause explains" : "causes explain"} everything that is not green.`;
  const again = `${capital(counted(retries))} ${retries === 1 ? "trouble" : "troubles"} went away with another attempt.`;
  const known = `${capital(counted(waived))} ${waived === 1 ? "failure is" : "failures are"} waived.`;
  return [open > 0 ? explain : "", retries > 0 ? again : "", waived > 0 ? known : ""]
    .filter((text) => text !== "")
    .join(" ");
}

function isGreen({ verdict }: Cause): boolean {
  return verdict === "passed" || verdict === "passed-with-retries";
}
