import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { scrubber } from "../../pipelines/engine/scrubber.ts";
import { keptTexts } from "../../reports/kept-texts.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgecert-kept-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const plain = (text: string) => text;

describe("keptTexts", () => {
  it("keeps a text in a file whose name is safe", () => {
    const keeper = keptTexts(folder, plain).keep("../../etc/Passwd of ünit \0 test");
    keeper?.write("whole ");
    keeper?.write("text ü");
    const kept = keeper?.close();
    expect(kept).toEqual({ path: "kept/0001-etc-passwd-of-nit-test.txt", bytes: 13 });
    expect(readFileSync(join(folder, kept?.path ?? ""), "utf8")).toBe("whole text ü");
  });

  it("gives each text a file of its own", () => {
    const texts = keptTexts(folder, plain);
    const paths = ["a", "a", "???"].map((name) => texts.keep(name)?.close()?.path);
    expect(paths).toEqual(["kept/0001-a.txt", "kept/0002-a.txt", "kept/0003-text.txt"]);
  });

  it("removes a text that is dropped once it is closed", () => {
    const keeper = keptTexts(folder, plain).keep("a");
    keeper?.close();
    keeper?.drop();
    expect(readdirSync(join(folder, "kept"))).toEqual([]);
  });

  it("leaves nothing of a text that is dropped, or not yet closed, under its name", () => {
    const texts = keptTexts(folder, plain);
    texts.keep("dropped")?.drop();
    texts.keep("open")?.write("x");
    expect(readdirSync(join(folder, "kept"))).toEqual([".0002-open.txt.partial"]);
  });

  it("writes nothing through a link in place of its folder", () => {
    symlinkSync(tmpdir(), join(folder, "kept"));
    expect(keptTexts(folder, plain).keep("a")).toBeNull();
  });

  it("writes no secret, wherever a piece or a block of it ends", () => {
    const secrets = scrubber();
    const secret = "c4nary/of&the mine\nsecond line";
    secrets.learn("key", secret);
    const keeper = keptTexts(folder, secrets.clean).keep("output");
    const text = `${"x".repeat(997)}${secret}`.repeat(700);
    for (let at = 0; at < text.length; at += 10_007) keeper?.write(text.slice(at, at + 10_007));
    const written = readFileSync(join(folder, keeper?.close()?.path ?? ""), "utf8");
    expect(written).toBe(`${"x".repeat(997)}[secret key]`.repeat(700));
  });

  it("keeps nothing of a text that cannot be cut without halving a secret", () => {
    const clean = (text: string) => text.replace(/a+/g, "[a]");
    const keeper = keptTexts(folder, clean).keep("output");
    for (let part = 0; part < 10; part += 1) keeper?.write("a".repeat(1_048_576));
    expect(keeper?.close()).toBeNull();
    expect(readdirSync(join(folder, "kept"))).toEqual([]);
  });
});
