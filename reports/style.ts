import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "templates");

/** The fonts that the style sheet names, by file; `README.md` beside them says how they were made. */
const fonts = [
  { family: "Edgecert Serif", file: "serif", weights: "400 600" },
  { family: "Edgecert Display", file: "display", weights: "400" },
  { family: "Edgecert Sans", file: "sans", weights: "400 600" },
  { family: "Edgecert Mono", file: "mono", weights: "400 600" },
] as const;

const faces = fonts.map(({ family, file, weights }) => {
  const data = readFileSync(join(folder, "fonts", `${file}.woff2`)).toString("base64");
  return `@font-face { font-family: "${family}"; font-weight: ${weights}; font-display: block; src: url(data:font/woff2;base64,${data}) format("woff2"); }\n`;
});
const sheets = ["page.css", "clause.css", "narrow.css", "print.css"];
/** The style sheet, with its fonts inside, that certificates and sites share. */
export const sharedStyle =
  faces.join("") + sheets.map((name) => readFileSync(join(folder, "style", name), "utf8")).join("");
if (/<\/style/i.test(sharedStyle)) throw new Error("a style sheet would end the style element that holds it");

/** The text of a template: refused where it writes something unescaped. */
export function templateText(name: string): string {
  const text = readFileSync(join(folder, name), "utf8");
  if (/\{\{\{|\{\{~?&/.test(text)) throw new Error(`the template ${name} writes something unescaped`);
  return text;
}
