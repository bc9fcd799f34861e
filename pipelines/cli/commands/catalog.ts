import { Command, InvalidArgumentError, Option } from "commander";
import type { MachineType, Renter } from "../../../infra/catalog/machine-type.ts";
import type { Architecture } from "../../../infra/catalog/operating-systems.ts";
import { type CatalogList, catalogLists } from "../catalog-lists.ts";
import { parseSize } from "../sizes.ts";
import { wholeNumber } from "../words.ts";

/** `edgecert catalog`: the machines that providers rent. */
export function catalogCommand(): Command {
  return new Command("catalog")
    .description(
      "the machines that can be KVM hosts at each provider, with sizes and list prices; nothing is asked of them",
    )
    .argument("[name]", "one machine, such as c5.metal, in full")
    .addOption(new Option("--provider <name>", "of this provider alone").choices(["aws", "equinix-metal", "scaleway"]))
    .addOption(
      new Option("--class <class>", "bare metal, or virtual with guests of its own").choices(["metal", "nested"]),
    )
    .addOption(new Option("--arch, --architecture <name>", "processor").choices(["amd64", "arm64"]))
    .option("--min-cores <n>", "hardware threads", wholeNumber)
    .option("--min-memory <size>", "such as 64GiB", parseSize)
    .option("--min-disk <size>", "of disks inside the machine together, such as 1TB", parseSize)
    .option("--min-network <gbps>", "in Gbit/s", wholeNumber)
    .option("--feature <name>", "such as gpu or nvme; may be repeated; --list features names all", gathered)
    .option("--gpu", "the same as --feature gpu")
    .option("--max-price <amount>", "list price in US dollars per hour, at a dated rate where it is in euro", amount)
    .option("--location <id>", "a region, metro or zone that has it, by id or city")
    .option("--near <place>", "a city such as Madrid, or 40.4,-3.7: the nearest location is named")
    .option("--all", "also what can no longer be had, or not be used")
    .addOption(new Option("--list <what>", "something else than machines").choices(catalogLists))
    .option("--json", "as one JSON array")
    .action(async (name: string | undefined, words: CatalogWords) => {
      const { catalogRows } = await import("../catalog.ts");
      const { json, lines } = catalogRows(name, words);
      if (words.json === true) console.log(JSON.stringify(json, null, 2));
      else for (const line of lines) console.log(line);
    });
}

/** What was said on the command line; sizes in bytes. */
export interface CatalogWords {
  /** Of the output, in columns; default: the terminal's. */
  readonly width?: number;
  readonly provider?: Renter;
  readonly class?: MachineType["hostClass"];
  readonly architecture?: Architecture;
  readonly minCores?: number;
  readonly minMemory?: number;
  readonly minDisk?: number;
  readonly minNetwork?: number;
  readonly feature?: readonly string[];
  readonly gpu?: boolean;
  readonly maxPrice?: number;
  readonly location?: string;
  readonly near?: string;
  readonly all?: boolean;
  readonly list?: CatalogList;
  readonly json?: boolean;
}

function gathered(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

function amount(word: string): number {
  const number = Number(word);
  if (word.trim() !== "" && Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError(`${JSON.stringify(word)} is not an amount above 0, such as 2.50.`);
}
