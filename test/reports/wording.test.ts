import { describe, expect, it } from "vitest";
import { visibleText } from "../../reports/visible-text.ts";
import { cellWords, duration, grouped, listed, plural, sentence, size, valueWords } from "../../reports/wording.ts";

describe("wording", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [1_000, "1.0 s"],
    [9_960, "10 s"],
    [59_400, "59 s"],
    [59_600, "1 min"],
    [200_000, "3 min 20 s"],
    [3_599_600, "1 h"],
    [5_580_000, "1 h 33 min"],
  ])("says %i ms as %s", (milliseconds, words) => {
    expect(duration(milliseconds)).toBe(words);
  });

  it.each([
    ["debian-12", "Debian 12"],
    ["ubuntu-24.04", "Ubuntu 24.04"],
    ["kvm-ssh", "KVM SSH"],
    ["microvm-ssh", "microVM SSH"],
    ["opensuse-leap-15.6", "openSUSE Leap 15.6"],
    ["firecracker", "Firecracker"],
    ["constructor", "Constructor"],
  ])("says %s as %s", (value, words) => {
    expect(valueWords(value, {})).toBe(words);
  });

  it("prefers a title to a guess", () => {
    expect(cellWords({ os: "debian-12", environment: "kvm-ssh" }, { "kvm-ssh": "KVM with SSH storage" })).toBe(
      "Debian 12, KVM with SSH storage",
    );
  });

  it("counts, lists and ends sentences", () => {
    expect([plural(1, "cell"), plural(1_200, "cell"), grouped(1_234_567)]).toEqual([
      "1 cell",
      "1,200 cells",
      "1,234,567",
    ]);
    expect([listed([]), listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"])]).toEqual([
      "",
      "A",
      "A and B",
      "A, B and C",
    ]);
    expect([sentence("It broke"), sentence("It broke."), sentence("Why?")]).toEqual(["It broke.", "It broke.", "Why?"]);
    expect([size(812), size(4_200), size(3_100_000)]).toEqual(["812 B", "4.2 KB", "3.1 MB"]);
  });
});

describe("visibleText", () => {
  it.each([
    ["plain text\twith tabs\nand lines", "plain text\twith tabs\nand lines"],
    ["a\r\nb", "a\nb"],
    ["a\rb", "a⟨U+000D⟩b"],
    ["nul\u0000bell\u0007", "nul⟨U+0000⟩bell⟨U+0007⟩"],
    ["\u007f\u009b", "⟨U+007F⟩⟨U+009B⟩"],
    ["\u202eabc\u2066\u200b\ufeff", "⟨U+202E⟩abc⟨U+2066⟩⟨U+200B⟩⟨U+FEFF⟩"],
    ["a\u2028b", "a⟨U+2028⟩b"],
    ["\u{1f469}\u200d\u{1f4bb} and العربية", "\u{1f469}\u200d\u{1f4bb} and العربية"],
    ["\ud800 alone", "\ufffd alone"],
    ["\u{e0041}", "⟨U+E0041⟩"],
  ])("shows %j as %j", (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });
});
