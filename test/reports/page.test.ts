import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { Certificate } from "../../reports/certificate-document.ts";
import { renderCertificate } from "../../reports/render.ts";
import { sealCertificate } from "../../reports/seal.ts";
import { certificateView } from "../../reports/view.ts";
import { manyFailures } from "../fixtures/reports/orrery-large.ts";
import { aloneOrrery, greenOrrery, manyCells, redOrrery } from "../fixtures/reports/orrery-stories.ts";

function pageOf(certificate: Certificate): string {
  return renderCertificate(sealCertificate(certificate));
}

/** What a reader sees, in one line. */
function seen(certificate: Certificate): string {
  const page = pageOf(certificate);
  return page
    .slice(page.indexOf("<body"), page.indexOf('<script type="application/json"'))
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&#x27;", "'")
    .replace(/\s+/g, " ");
}

describe("a page says everything that its document carries", () => {
  it.each([
    ["definition and who started it", "nightly.ts commit 2e7d2c03, edgecert 0.9.0"],
    ["who started it", "took 1 h 33 min, by ines@ci-2"],
    ["packages with digests on the cover", "orrery_6.10.2_amd64.deb cae6 6afe 3057 e4eb"],
    ["a waiver on a red cover", "W1 1 test fails under a waiver until 12 Dec 2026, ticket ORR-2291."],
    ["a waiver that is not needed", "One waiver counts. One is not needed: nothing fails that it is about."],
    ["the age of a cause", "1 cell, 3rd time in a row"],
    ["changes", "Five results turned bad, two were repaired, one still fails and two are gone."],
    ["removed tests", "2 removed orrery.flow imports a VMDK without a descriptor"],
    ["what a list of changes leaves out", "120 more results in certificate.json."],
    ["a gap", "VS2.3.2 Probes run at their own frequencies 0 Gap: no test names it"],
    ["an orphan", "VS9.9.9 orrery.cli lists hosts (system)"],
    ["tests of no scenario", "37 tests name no scenario"],
    ["a measure that missed its limit", "It is 16 % behind the certificate of 2026-11-20.1."],
    [
      "time to ready",
      "One of three groups of servers took longer than the 12 minutes of the original, up to 14 min 15 s.",
    ],
    ["cost", "Cost: € 21.07"],
    ["a contrast", "Differs from Debian 12, LXD, SSH storage, which passed"],
    ["differences that are not listed", "112 more differences in certificate.json."],
    ["attempts of a test", "Attempt 1 failed after 5 min image 4 still LOCKED after 300 s"],
    ["attempts of a step", "Attempt 1 failed, tried again 02:08:00 · The connection to node1 was lost."],
    ["the end of a log", "End of the log of system, Debian 13, LXD, SSH storage"],
    ["kept texts and attachments", "whole output, 4.3 MB packet capture"],
    ["how to repeat a cell", "edgecert reproduce 2026-11-21.1 \\ --cell debian-13/lxd-ssh"],
    ["holes with one reason, once", "– Maintenance release: certified on KVM with SSH storage only Ubuntu 24.04"],
    ["how to verify", "edgecert verify 2026-11-21.1 --key KEY"],
  ])("%s", (_what, words) => {
    expect(seen(redOrrery())).toContain(words.replace("– ", ""));
  });

  it("and nothing where there is nothing to say", () => {
    const page = pageOf(aloneOrrery());
    for (const clause of ["causes", "changes", "coverage", "measures", "ready", "time", "waivers", "remarks"]) {
      expect(page).not.toContain(`id="${clause}"`);
    }
  });
});

describe("what nobody knows is said plainly", () => {
  it("completeness", () => {
    const text = seen(aloneOrrery());
    expect(text).toContain("Completeness is unknown. No plan and no list says which cells and suites must be here");
    expect(text).not.toContain("edgecert reproduce");
    expect(seen({ ...aloneOrrery(), completeness: "expected" })).toContain("Results alone.");
    expect(seen(redOrrery())).not.toContain("Completeness");
  });

  it("a price", () => {
    const cost = {
      currency: "USD",
      amount: 0,
      known: false,
      items: [{ provider: "p", what: "1 server", hours: 1, amount: null }],
    };
    expect(seen({ ...redOrrery(), cost })).toContain("Cost: price not known");
    expect(seen({ ...redOrrery(), cost })).not.toContain("$ 0.00");
  });

  it("a reproduction does not count", () => {
    const reproduces = { run: "2026-11-20.1", cell: "debian-13/lxd-ssh" };
    expect(seen({ ...redOrrery(), reproduces })).toContain(
      "A reproduction. It repeats debian-13/lxd-ssh of run 2026-11-20.1",
    );
  });
});

describe("a waived failure", () => {
  it("is on the cover of a green certificate, and takes the green from nothing", () => {
    const text = seen(greenOrrery());
    expect(text).toContain("One failure is waived.");
    expect(text).toContain("Fails in Debian 13, LXD, SSH storage under a waiver");
    expect(text).toContain("You can approve this.");
    expect(text).not.toContain("explains everything that is not green");
  });
});

describe("a matrix", () => {
  it("of many cells has one line for each, or lists them below their system", () => {
    const dense = certificateView(sealCertificate(manyCells("dense"))).matrix;
    const groups = certificateView(sealCertificate(manyCells("groups"))).matrix;
    expect([dense.form, groups.form]).toEqual(["dense", "groups"]);
    for (const matrix of [dense, groups]) expect(matrix.rows.flatMap((row) => row.cells)).toHaveLength(60);
    expect(groups.rows[0]?.holes.join()).toContain("Not in the product's support matrix");
  });

  it("is told in words beside a cause, where a picture of it could not be read", () => {
    const { causes } = certificateView(sealCertificate(manyCells("dense")));
    expect(causes?.items[0]?.miniature).toMatchObject({
      rows: [],
      systems: [{ words: "Debian 13", hit: "1 of 5" }, {}, {}],
    });
  });
});

describe("the block of all tests", () => {
  it("holds every test and every text that does not stand open, and shares equal lists", () => {
    const certificate = manyFailures({ tests: 10_000, failing: 2_500, cells: 2 });
    const { block, causes } = certificateView(sealCertificate(certificate));
    expect(block).toMatch(/^[A-Za-z0-9+/]+$/);
    const read = JSON.parse(gunzipSync(Buffer.from(block, "base64")).toString());
    expect(read.suites.map((suite: { status: string }) => suite.status.length)).toEqual([2_500, 2_500, 2_500, 2_500]);
    expect(read.lists).toHaveLength(2);
    const short = causes?.items.flatMap((cause) => cause.failures.filter((failure) => failure.short)) ?? [];
    expect(short.length).toBeGreaterThan(500);
    expect(short.filter((failure) => read.texts[failure.key] === undefined)).toEqual([]);
  });

  it.each([
    [10_000, 500, 4, 2_000_000],
    [50_000, 2_500, 5, 5_000_000],
  ])("keeps a page of %i tests, %i of them failing, small", (tests, failing, cells, bytes) => {
    expect(Buffer.byteLength(pageOf(manyFailures({ tests, failing, cells })))).toBeLessThan(bytes);
  });
});
