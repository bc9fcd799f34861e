import type { ReadResults } from "../results.ts";
import { JunitDocument } from "./junit/document.ts";
import { readStrictly, type XmlFault } from "./junit/xml-events.ts";
import { readRecovering } from "./junit/xml-recovery.ts";
import type { ResultFile, TextKeeper } from "./result-file.ts";

/**
 * Reads JUnit XML, of which there is no standard, in the dialects of Surefire, Gradle, pytest, unittest-xml-reporting,
 * GoogleTest, Bazel, PHPUnit, Jest, gotestsum and others (described best by github.com/testmoapp/junitxml). Reads strictly
 * first; where the XML is not sound, a second time, and takes what it can: the file is then *damaged*. So it is too where
 * a suite claims more tests or failures than stand in it, or where the root is no suite. Never throws for what stands in
 * the file, and holds no more of it than its tests, and the limits of a text.
 */
export async function readJunitXml(file: ResultFile): Promise<ReadResults> {
  const strict = remembering(file);
  const document = new JunitDocument(strict.file);
  const fault = await readStrictly(strict.file, document);
  if (fault === null) return { framework: "junit", ...document.results() };
  document.results();
  strict.dropAll();
  const recovered = new JunitDocument(file);
  await readRecovering(file, recovered);
  const results = recovered.results();
  const remarks = results.damaged === null ? results.remarks : [results.damaged, ...results.remarks];
  return { framework: "junit", ...results, damaged: sentenceOf(fault), remarks };
}

function sentenceOf({ reason, offset, line }: XmlFault): string {
  if (offset === 0 && reason === "document must contain a root element") return "The file is empty.";
  const cut = /^unclosed tag|^unexpected end|^document must contain/.test(reason)
    ? "ends in the middle"
    : "is not sound XML";
  return `The file ${cut}: ${reason}, at byte ${offset} (line ${line}).`;
}

/** The file with a way to remove all that was kept of it. */
function remembering(file: ResultFile): { readonly file: ResultFile; dropAll(): void } {
  const keepers: TextKeeper[] = [];
  return {
    file: {
      ...file,
      keep(name) {
        const keeper = file.keep(name);
        if (keeper !== null) keepers.push(keeper);
        return keeper;
      },
    },
    dropAll() {
      for (const keeper of keepers) keeper.drop();
    },
  };
}
