import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import type { SealedCertificate } from "./seal.ts";
import { sharedStyle, templateText } from "./style.ts";
import { type CertificateView, certificateView } from "./view.ts";

const folder = join(import.meta.dirname, "templates");
const handlebars = Handlebars.create();
const options = { strict: true, knownHelpersOnly: true } as const;

for (const name of readdirSync(folder).filter((file) => file.endsWith(".hbs"))) {
  handlebars.registerPartial(name.slice(0, -".hbs".length), handlebars.compile(templateText(name), options));
}
const head = handlebars.compile("{{> head}}", options);
const body = handlebars.compile("{{> body}}", options);
const foot = handlebars.compile("{{> foot}}", options);

/** The parts of the script in the order of their needs: together they are one module, so imports are not written. */
const parts = ["table.js", "filter.js", "list.js", "failures.js", "page.js"];
const script = parts
  .map((name) => readFileSync(join(folder, "script", name), "utf8"))
  .map((text) => text.replace(/^import [^;]*;\n/gm, "").replace(/^export /gm, ""))
  .join("\n");
if (/<\/script|<!--/i.test(script)) throw new Error("the script would end the script element that holds it");

/**
 * The certificate as one self-contained HTML file: everything from outside stands in it as text. Without JavaScript
 * all of it can be read but the list of tests that passed; with it, the one script of ours searches and filters.
 */
export function renderCertificate(sealed: SealedCertificate): string {
  const view = certificateView(sealed);
  const footer = footerStyle(view.footer);
  // Because templates never write anything unescaped, style and script, files of ours, are put in between them.
  const styles = `<style>${sharedStyle}</style>\n<style>${footer}</style>\n</head>\n`;
  const scripts = `<script type="module">${script}</script>\n`;
  const whole = { ...view, grouped: view.matrix.form === "groups" };
  return head({ title: view.title, policy: policyOf(footer) }) + styles + body(whole) + scripts + foot({});
}

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const [styleHash, scriptHash] = [hashOf(sharedStyle), hashOf(script)];

/** Nothing is loaded: two style sheets and one script, known by their hashes, and fonts inside the file. */
function policyOf(footer: string): string {
  return [
    "default-src 'none'",
    `script-src ${scriptHash}`,
    `style-src ${styleHash} ${hashOf(footer)}`,
    "font-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** The corners of every printed page: the only style that holds text from outside, every character of it by number. */
function footerStyle({ left, right }: CertificateView["footer"]): string {
  return `@page { @bottom-left { content: ${cssText(left)}; } @bottom-right { content: ${cssText(`${right} · page `)} counter(page) " of " counter(pages); } }`;
}

function cssText(text: string): string {
  const plain = [...text.slice(0, 160)].map((one) =>
    /[A-Za-z0-9 .,:]/.test(one) ? one : `\\${(one.codePointAt(0) ?? 0x20).toString(16)} `,
  );
  return `"${plain.join("")}"`;
}
