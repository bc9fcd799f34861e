import { join } from "node:path";
import type { ResultFormat } from "../../pipelines/dsl/request.ts";
import { formatOf } from "../formats/recognition.ts";
import { evidenceFile } from "./evidence-file.ts";
import { codeOf, type FoundFile } from "./survey.ts";

/**
 * What a file is: results of a format; evidence that nobody can read, with the reason in one sentence; or something
 * else, such as a log, which proves nothing and harms nothing.
 */
export type Standing =
  | { readonly kind: "results"; readonly format: ResultFormat }
  | { readonly kind: "unreadable"; readonly reason: string }
  | { readonly kind: "other" };

/** Bytes of a file that tell its format. */
const headBytes = 8_192;

const resultName = /\.(xml|json|jsonl|ndjson|tap)(\.(gz|bz2|xz|zst|zip|tmp|part))?$/i;
const packed = /\.(gz|bz2|xz|zst|zip)$/i;
/** Because pages and pictures are written in XML too, and no runner writes results under such a name. */
const otherName = /\.(html?|xhtml|svg|css|js|md)$/i;
const resultText = /^\uFEFF?\s*(<\?xml|<testsuite|\{\s*"|\[\s*[{"])/;

/** What a found file is, by its content; by its name only where the content cannot be had. */
export function standingOf(root: string, file: FoundFile): Standing {
  const looks = resultName.test(file.name);
  if (file.trouble !== null) {
    // Because a folder or a link without an ending may hold results as well as anything else.
    const open = looks || !/\.[a-z0-9]+$/i.test(file.name);
    return open ? { kind: "unreadable", reason: file.trouble } : { kind: "other" };
  }
  try {
    const head = evidenceFile(join(root, file.path)).head(headBytes);
    const format = formatOf(head);
    if (format !== null && !otherName.test(file.name)) return { kind: "results", format };
    if (!looks && (otherName.test(file.name) || !resultText.test(new TextDecoder().decode(head))))
      return { kind: "other" };
    return { kind: "unreadable", reason: strange(file, head.length) };
  } catch (error) {
    if (!looks && /\.[a-z0-9]+$/i.test(file.name)) return { kind: "other" };
    return { kind: "unreadable", reason: `${file.path} cannot be read: ${codeOf(error)}.` };
  }
}

function strange({ path, name }: FoundFile, length: number): string {
  if (length === 0) return `${path} is empty.`;
  if (packed.test(name)) return `${path} is packed: unpack it first.`;
  return `${path} looks like results, and is of no format that can be read.`;
}
