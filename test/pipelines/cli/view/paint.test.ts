import { describe, expect, it } from "vitest";
import { states } from "../../../../pipelines/cli/view/paint.ts";

type Colour = readonly [red: number, green: number, blue: number];

/** The colours that terminals give to the names we use: xterm's, VGA's, Solarized's and Windows Terminal's (Campbell). */
const themes: Readonly<Record<string, Readonly<Record<string, Colour>>>> = {
  xterm: { red: [205, 0, 0], green: [0, 205, 0], cyan: [0, 205, 205] },
  vga: { red: [170, 0, 0], green: [0, 170, 0], cyan: [0, 170, 170] },
  solarized: {
    red: [220, 50, 47],
    green: [133, 153, 0],
    yellow: [181, 137, 0],
    magenta: [211, 54, 130],
    cyan: [42, 161, 152],
  },
  campbell: {
    red: [197, 15, 31],
    green: [19, 161, 14],
    yellow: [193, 156, 0],
    magenta: [136, 23, 152],
    cyan: [58, 150, 221],
  },
};

/** What eyes without the middle cones see, for linear light (Machado, Oliveira and Fernandes 2009, severity 1.0). */
const deuteranopia = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
] as const;

function seen(colour: Colour): Colour {
  const light = linear(colour);
  const [red, green, blue] = deuteranopia.map((row) =>
    row.reduce((sum, part, index) => sum + part * (light[index] ?? 0), 0),
  );
  return [red ?? 0, green ?? 0, blue ?? 0];
}

function linear(colour: Colour): readonly number[] {
  return colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
}

/** CIE 1976 difference of two colours of linear light; about 2 can just be seen beside each other. */
function difference(left: Colour, right: Colour): number {
  const [a, b] = [lab(left), lab(right)];
  return Math.hypot(...a.map((part, index) => part - (b[index] ?? 0)));
}

function lab([red, green, blue]: Colour): readonly number[] {
  const x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505;
  const y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089;
  const f = (value: number) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  return [116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))];
}

describe("the look of states", () => {
  it("differs by mark and by word, so that colour only repeats it", () => {
    const looks = Object.values(states);
    expect(new Set(looks.map(({ mark }) => mark)).size).toBe(looks.length);
    expect(new Set(looks.map(({ word }) => word)).size).toBe(looks.length);
  });

  it.each(Object.entries(themes))("keeps good and bad apart for eyes that confuse red and green: %s", (_, theme) => {
    const { passed, failed, leaked } = states;
    expect(failed.style).toBe(leaked.style);
    const apart = difference(seenOf(theme, passed.style), seenOf(theme, failed.style));
    expect(apart).toBeGreaterThan(25);
    expect(apart).toBeGreaterThan(difference(seenOf(theme, "green"), seenOf(theme, "red")));
  });

  it("uses no colour but those two", () => {
    const styles = new Set(Object.values(states).map(({ style }) => style));
    expect([...styles].sort()).toEqual(["bold", "cyan", "dim", "red"]);
  });
});

function seenOf(theme: Readonly<Record<string, Colour>>, style: unknown): Colour {
  const colour = theme[String(style)];
  if (colour === undefined) throw new Error(`the theme has no ${style}`);
  return seen(colour);
}
