import { readdirSync, realpathSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { writeSite } from "../../reports/site/write.ts";
import { exitCodes, UsageError } from "./exit.ts";
import { certificatesFolder, homeFolder } from "./home.ts";

/** Writes the site of this home, says where, and gives the exit code: 3 where a certificate could not be read. */
export async function site(words: { readonly out: string; readonly json?: boolean }): Promise<number> {
  const out = outFolder(words.out);
  const site = await writeSite([join(homeFolder(), "runs"), certificatesFolder(homeFolder())], out, {
    version: packageJson.version,
    tell: shownProgress(),
  });
  for (const { run, reason } of site.lost)
    process.stderr.write(`edgecert: the certificate of ${run} is left out: ${reason}\n`);
  process.stdout.write(`${words.json === true ? JSON.stringify(site) : site.index}\n`);
  return site.lost.length === 0 ? exitCodes.passed : exitCodes.infrastructure;
}

/** Because the folder is written to, one that holds something else than a site is refused, and so is the home. */
function outFolder(word: string): string {
  const out = resolve(word);
  const stat = statSync(out, { throwIfNoEntry: false });
  if (stat === undefined) return out;
  if (!stat.isDirectory())
    throw new UsageError("--out is no folder", out, "name a folder, or one that is not there yet");
  const home = statSync(homeFolder(), { throwIfNoEntry: false }) === undefined ? null : realpathSync(homeFolder());
  const real = realpathSync(out);
  if (
    home !== null &&
    (real === home ||
      [join(home, "runs"), join(home, "certificates")].some((one) => `${real}${sep}`.startsWith(one + sep)))
  )
    throw new UsageError("The site would lie among what it shows", out, "write it elsewhere: --out DIR");
  const strange = readdirSync(out).filter(
    (name) => !["index.html", "pipelines", "certificates"].includes(name) && !name.startsWith("."),
  );
  if (strange.length > 0)
    throw new UsageError(
      "--out holds something that is no site",
      `${out} has ${strange.slice(0, 3).join(", ")}`,
      "name an empty folder",
    );
  return out;
}

/** Milliseconds between two lines of progress. */
const progressEveryMs = 2_000;

function shownProgress(): (copied: number, of: number) => void {
  let last = performance.now();
  return (copied, of) => {
    if (performance.now() - last < progressEveryMs) return;
    last = performance.now();
    process.stderr.write(`edgecert: ${copied} of ${of} certificates\n`);
  };
}
