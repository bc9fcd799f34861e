import xterm from "@xterm/headless";
import { describe, expect, it } from "vitest";
import { livePainter } from "../../../../pipelines/cli/view/live-painter.ts";

/** A real terminal's screen and history, drawn on by a painter. */
function screen(columns: number, rows: number) {
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    scrollback: 1000,
    convertEol: true,
    allowProposedApi: true,
  });
  let text = "";
  const painter = livePainter(
    (piece) => {
      text += piece;
    },
    () => ({ columns: terminal.cols, rows: terminal.rows }),
  );
  const settle = () => {
    const fresh = text;
    text = "";
    return new Promise<void>((resolve) => terminal.write(fresh, resolve));
  };
  const rowsFrom = (first: number) => {
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    while (lines.at(-1) === "") lines.pop();
    return lines.slice(first);
  };
  return {
    painter,
    async draw(lines: readonly string[], lasting: readonly string[] = []) {
      painter.draw(lines, lasting);
      await settle();
    },
    async clear() {
      painter.clear();
      await settle();
    },
    async resize(width: number, height: number) {
      await settle();
      terminal.resize(width, height);
    },
    async type(typed: string) {
      text += typed;
      await settle();
    },
    /** Everything that can be seen by scrolling back, without the empty rows at the end. */
    all: () => rowsFrom(0),
    /** What can be seen without scrolling. */
    seen: () => rowsFrom(terminal.buffer.active.baseY),
  };
}

const wide = (name: string, columns: number) => name.padEnd(columns - 1, ".");
const live = (count: number, columns: number, word = "live") =>
  Array.from({ length: count }, (_, index) => wide(`${word} ${index}`, columns));

describe("a painter", () => {
  it("draws over its last drawing, and lasting lines scroll away above", async () => {
    const { draw, clear, all } = screen(40, 6);
    for (let round = 0; round < 10; round += 1) await draw(live(round % 5, 40), [`settled ${round}`]);
    const settled = Array.from({ length: 10 }, (_, round) => `settled ${round}`);
    expect(all()).toEqual([...settled, ...live(4, 40)]);
    await clear();
    expect(all()).toEqual(settled);
  });

  it.each([
    [60, 24],
    [33, 24],
    [80, 12],
    [20, 24],
    [200, 50],
  ])("leaves no stale line when 80x24 becomes %ix%i and 80x24 again", async (columns, rows) => {
    const { draw, resize, all } = screen(80, 24);
    const before = Array.from({ length: 30 }, (_, index) => `settled ${index}`);
    await draw(live(5, 80), before);
    await resize(columns, rows);
    await draw(live(5, columns, "next"), ["settled 30"]);
    expect(all()).toEqual([...before, "settled 30", ...live(5, columns, "next")]);
    await resize(80, 24);
    await draw(live(6, 80, "last"), ["settled 31"]);
    expect(all()).toEqual([...before, "settled 30", "settled 31", ...live(6, 80, "last")]);
  });

  it("takes back what a terminal of three rows pushed into its history, when it grows again", async () => {
    const { draw, resize, all } = screen(80, 24);
    const before = Array.from({ length: 30 }, (_, index) => `settled ${index}`);
    await draw(live(20, 80), before);
    await resize(80, 3);
    await draw(live(2, 80, "small"), ["settled 30"]);
    await draw(live(2, 80, "small"), ["settled 31", "settled 32"]);
    await resize(80, 24);
    await draw(live(20, 80, "large"));
    await resize(80, 50);
    await draw(live(20, 80, "large"), ["settled 33"]);
    const settled = [...before, "settled 30", "settled 31", "settled 32", "settled 33"];
    expect(all()).toEqual([...settled, ...live(20, 80, "large")]);
  });

  it("loses no lasting line when a terminal shrinks to 20x3 and grows again", async () => {
    const { draw, resize, clear, all } = screen(80, 24);
    const before = Array.from({ length: 30 }, (_, index) => `settled ${index}`);
    await draw(live(20, 80), before);
    await resize(20, 3);
    await draw(live(2, 20, "small"), ["settled 30"]);
    await resize(80, 24);
    await draw(live(20, 80, "large"));
    await clear();
    expect(all()).toEqual([...before, "settled 30"]);
  });

  it("loses and doubles no lasting line in a terminal that shrinks and grows in steps, and shows nothing stale", async () => {
    const { draw, resize, all, seen } = screen(200, 50);
    const settled: string[] = [];
    const step = async (columns: number, rows: number) => {
      await resize(columns, rows);
      settled.push(`settled ${settled.length}`);
      await draw(live(Math.min(30, rows - 1), Math.min(90, columns), `at ${rows}`), settled.slice(-1));
    };
    const sizes = [50, 40, 30, 25, 20, 10, 5, 3].map((rows): [number, number] => [60 + rows * 2, rows]);
    for (const [columns, rows] of [...sizes, ...sizes.toReversed()]) await step(columns, rows);
    expect(all().filter((line) => line.startsWith("settled"))).toEqual(settled);
    const rows = seen();
    expect(rows.slice(-30)).toEqual(live(30, 90, "at 50"));
    expect(rows.slice(0, -30)).toEqual(settled.slice(-(rows.length - 30)));
  });

  it("cuts a line that a terminal finds wider than it was measured", async () => {
    const { draw, all } = screen(20, 6);
    await draw(["x".repeat(30), "second"]);
    await draw(["x".repeat(30), "second"]);
    expect(all()).toEqual(["x".repeat(20), "second"]);
  });

  it("breaks a long lasting line into rows", async () => {
    const { draw, all } = screen(20, 6);
    await draw(["live"], ["y".repeat(30)]);
    await draw(["live"]);
    expect(all()).toEqual(["y".repeat(20), "y".repeat(10), "live"]);
  });

  it("draws anew where the shell wrote in between", async () => {
    const { painter, draw, type, all } = screen(40, 6);
    await draw(["live"]);
    await type("[1]+  Stopped\n$ fg\n");
    painter.forget();
    await draw(["live again"]);
    expect(all()).toEqual(["live", "[1]+  Stopped", "$ fg", "live again"]);
  });
});
