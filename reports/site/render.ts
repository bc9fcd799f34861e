import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import { sharedStyle, templateText } from "../style.ts";
import type { SitePage } from "./view.ts";

const handlebars = Handlebars.create();
const options = { strict: true, knownHelpersOnly: true } as const;
const shared = ["head", "mark", "marks"];
const own = readdirSync(join(import.meta.dirname, "..", "templates", "site")).filter((file) => file.endsWith(".hbs"));

for (const name of [...shared, ...own.map((file) => `site/${file.slice(0, -".hbs".length)}`)]) {
  handlebars.registerPartial(name, handlebars.compile(templateText(`${name}.hbs`), options));
}
const head = handlebars.compile("{{> head}}", options);
const body = handlebars.compile("{{> site/page}}", options);

const style = sharedStyle + readFileSync(join(import.meta.dirname, "..", "templates", "site", "site.css"), "utf8");
const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing is loaded and nothing runs: one style sheet, known by its hash, and fonts inside the page. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "font-src data:",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A page of a site, whole and without scripts: everything from outside stands in it as text. */
export function renderSitePage(page: SitePage): string {
  // Because templates never write anything unescaped, the style sheet, a file of ours, is put in between them.
  return `${head({ title: page.title, policy })}<style>${style}</style>\n</head>\n${body(page)}`;
}
