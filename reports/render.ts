import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import type { SealedCertificate } from "./seal.ts";
import { certificateView } from "./view.ts";

const folder = join(import.meta.dirname, "templates");
const handlebars = Handlebars.create();
const options = { strict: true, knownHelpersOnly: true } as const;

for (const name of readdirSync(folder).filter((file) => file.endsWith(".hbs"))) {
  handlebars.registerPartial(name.slice(0, -".hbs".length), handlebars.compile(template(name), options));
}
const head = handlebars.compile("{{> head}}", options);
const body = handlebars.compile("{{> body}}", options);

const style = readFileSync(join(folder, "certificate.css"), "utf8");
if (/<\/style/i.test(style)) throw new Error("certificate.css would end the style element that holds it");
const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing is loaded and nothing is run: one style sheet, known by its hash, and pictures inside the file. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The certificate as one self-contained HTML file without scripts: everything from outside stands in it as text. */
export function renderCertificate(sealed: SealedCertificate): string {
  const view = certificateView(sealed);
  // Because templates never write anything unescaped, the style sheet, a file of ours, is put in between them.
  return `${head({ title: view.title, policy })}<style>${style}</style>\n</head>\n${body(view)}`;
}

function template(name: string): string {
  const text = readFileSync(join(folder, name), "utf8");
  if (/\{\{\{|\{\{~?&/.test(text)) throw new Error(`the template ${name} writes something unescaped`);
  return text;
}
