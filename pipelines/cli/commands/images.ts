import { Command, Option } from "commander";
import type { Architecture } from "../../../infra/catalog/operating-systems.ts";
import type { Rows } from "../runs.ts";

/** `edgecert images`: the images of servers on this machine. */
export function imagesCommand(): Command {
  const images = new Command("images")
    .description("list the images of servers on this machine; build and remove them")
    .option("--json", "as one JSON array")
    .action(async ({ json }: Words) => print(json, (await import("../images.ts")).listImages()));
  images
    .command("build <system>")
    .description("build an image ahead of the runs that need it, such as debian-12")
    .option("-p, --package <name...>", "packages of the distribution to install in it")
    .addOption(new Option("--arch <architecture>", "processor").choices(["amd64", "arm64"]).default("amd64"))
    .option("--json", "as one JSON array")
    .action(async (os: string, { package: packages = [], arch: architecture }: BuildWords, command: Command) =>
      print(isJson(command), (await import("../images.ts")).buildImage({ os, packages, architecture })),
    );
  images
    .command("remove [image...]")
    .description("remove images, named by the beginning of their id or by their system; one in use is refused")
    .option("--supplies", "instead: what is kept to build from, such as downloads and bases")
    .option("--json", "as one JSON array")
    .action(async (words: readonly string[], { supplies = false }: RemoveWords, command: Command) => {
      if (words.length > 0 === supplies) command.error("error: name images to remove, or say --supplies");
      const { removeImages, removeSupplies } = await import("../images.ts");
      await print(isJson(command), supplies ? removeSupplies() : removeImages(words));
    });
  return images;
}

interface Words {
  readonly json?: boolean;
}

interface RemoveWords {
  readonly supplies?: boolean;
}

interface BuildWords {
  readonly package?: readonly string[];
  readonly arch: Architecture;
}

// Because `--json` of the command around is taken by it, wherever it stands.
function isJson(command: Command): boolean {
  return command.optsWithGlobals<Words>().json === true;
}

async function print(json: boolean | undefined, coming: Promise<Rows>): Promise<void> {
  const rows = await coming;
  if (json === true) console.log(JSON.stringify(rows.json, null, 2));
  else for (const line of rows.lines) console.log(line);
}
