import { describe, expect, it } from "vitest";
import { decoded, offsetIn, type TextPiece } from "../../../reports/formats/decoding.ts";
import { memoryFile } from "../../fixtures/results/memory-file.ts";

const text = `<?xml version="1.0"?><a>ü€😀\uFFFD${"x".repeat(300)}</a>`;

async function piecesOf(bytes: Uint8Array | string, size?: number): Promise<readonly TextPiece[]> {
  const pieces: TextPiece[] = [];
  for await (const piece of decoded(memoryFile(bytes, "a.xml", size))) pieces.push(piece);
  return pieces;
}

async function textOf(bytes: Uint8Array | string, size?: number): Promise<string> {
  return (await piecesOf(bytes, size)).map((piece) => piece.text).join("");
}

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes).swap16();
}

const utf16 = Buffer.from(text, "utf16le");
const latin = `<?xml version="1.0" encoding='ISO-8859-1'?><a>ü${"x".repeat(300)}</a>`;

describe("decoded", () => {
  it.each([
    ["UTF-8", Buffer.from(text), text],
    ["UTF-8 with a mark", Buffer.from(`\uFEFF${text}`), text],
    ["UTF-16 with a mark", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), text],
    ["UTF-16, big end first, with a mark", Buffer.concat([Buffer.from([0xfe, 0xff]), swapped(utf16)]), text],
    ["UTF-16 without a mark", utf16, text],
    ["UTF-16, big end first, without a mark", swapped(utf16), text],
    ["declared Latin-1", Buffer.from(latin, "latin1"), latin],
    [
      "UTF-8 that calls itself UTF-16",
      Buffer.from(text.replace("?>", ' encoding="UTF-16"?>')),
      text.replace("?>", ' encoding="UTF-16"?>'),
    ],
    [
      "an unknown declared encoding",
      Buffer.from('<?xml version="1.0" encoding="klingon"?><a/>'),
      '<?xml version="1.0" encoding="klingon"?><a/>',
    ],
  ])("reads %s, wherever its bytes are cut", async (_what, bytes, expected) => {
    for (const size of [1, 2, 3, 7, 300, 65_536]) expect(await textOf(bytes, size)).toBe(expected);
    expect((await piecesOf(bytes)).some((piece) => piece.invalid)).toBe(false);
  });

  it("says which bytes are not text", async () => {
    const bytes = Buffer.concat([Buffer.from("a".repeat(70_000)), Buffer.from([0xc3, 0x28])]);
    const pieces = await piecesOf(bytes);
    expect(pieces.filter((piece) => piece.invalid).map((piece) => piece.offset)).toEqual([65_536]);
  });

  it("says that a file ends inside a character", async () => {
    expect((await piecesOf(Buffer.from("aü").subarray(0, 2))).some((piece) => piece.invalid)).toBe(true);
  });

  it("gives nothing for an empty file", async () => {
    expect(await textOf("")).toBe("");
  });

  it.each([
    ["UTF-8", Buffer.from(text), Buffer.byteLength(text.slice(0, text.indexOf("x".repeat(300))))],
    ["UTF-16", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), 2 + 2 * text.indexOf("x".repeat(300))],
  ])("finds the offset of a character in %s", async (_what, bytes, expected) => {
    const [piece] = await piecesOf(bytes);
    if (piece === undefined) throw new Error("no piece");
    expect(offsetIn(piece, piece.text.indexOf("x".repeat(300)))).toBe(expected);
  });
});
