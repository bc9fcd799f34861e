import { Command, Option } from "commander";
import { type CiPlace, ciOption } from "../ci/place.ts";

const help = `
With --results nothing of a run is needed: each folder below DIR that holds result files is a cell named by its path, and
DIR itself is one too. Formats are told by content. A file is a suite named after it; the TEST-*.xml of a folder are
one suite, and so are the files of one ending where a folder holds more than 250. XML or JSON that cannot be read is
damaged evidence and never green; anything else is passed over with a remark. Links are not followed.
--expect names a JSON file that says what must be there, else nobody knows whether something is missing:
  { "axes": ["os", "environment"], "suites": ["library", "system"],
    "cells": { "debian-12/kvm-ssh": [], "debian-13/kvm-ssh": ["library"] },
    "holes": { "debian-13/lxd-ssh": "not supported" }, "ignore": ["**/coverage.xml"], "product": "edgeprobe 1.4" }
A cell with an empty list owes all of "suites". Exit codes with --results: 0 everything there passed and was intact, and
nothing that --expect names is missing; 1 otherwise; 2 wrong usage.`;

/** The options of `edgecert report`, as commander reads them. */
export interface ReportWords {
  readonly json?: boolean;
  readonly results?: string;
  readonly expect?: string;
  readonly out?: string;
  readonly product?: string;
  readonly export?: string;
  readonly ci?: CiPlace | "auto";
  readonly pdf?: boolean;
}

/** `edgecert report`: renders the sealed certificate of a run again, or makes one of result files alone. */
export function reportCommand(): Command {
  return new Command("report")
    .description("render the certificate of a run again, or make one of result files alone, and print its path")
    .argument("[run]", "the run; the latest that was sealed if left out")
    .option("--json", "print the certificate's JSON instead; with --results one line with verdict, counts and paths")
    .addOption(new Option("--results <dir>", "make a certificate of the result files below a folder"))
    .addOption(new Option("--expect <file>", "with --results: the cells and suites that must be there"))
    .addOption(
      new Option(
        "--out <path>",
        "with --results: the page to write, its JSON beside it (certificate.html); else the folder of exports (exports)",
      ),
    )
    .option("--export <kinds>", "export it: json, ctrf, junit, markdown, csv, in-toto, with commas between, or all")
    .option("--pdf", "also print it to a PDF beside the page, by Chromium (EDGECERT_CHROMIUM names another)")
    .addOption(new Option("--product <name>", "with --results: what was tested (the name of the folder)"))
    .addOption(ciOption())
    .addHelpText("after", help)
    .action(async (named: string | undefined, words: ReportWords) => {
      if (words.results !== undefined) {
        const { reportResults } = await import("../results-alone.ts");
        process.exitCode = await reportResults(named, { ...words, results: words.results });
        return;
      }
      const { reportRun } = await import("../sealed-report.ts");
      await reportRun(named, words);
    });
}
