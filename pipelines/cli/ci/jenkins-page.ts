/** A page with its style sheet in a file of its own. */
export interface StyledPage {
  readonly html: string;
  readonly css: string;
}

/**
 * The certificate's page as Jenkins shows it: its policy for published pages (`sandbox allow-same-origin; default-src
 * 'none'; img-src 'self'; style-src 'self'`) refuses style inside a page and takes a file beside it. A TypeError where
 * the page is none of ours.
 */
export function jenkinsPage(page: string, stylesheet: string): StyledPage {
  const end = page.indexOf("</head>");
  const head = page.slice(0, end);
  const styles = [...head.matchAll(/<style>(.*?)<\/style>/gs)].map((found) => found[1] ?? "");
  const policy = /style-src .*?(?=; [a-z]+-(?:src|uri|action))/;
  if (end < 0 || styles.length === 0 || !policy.test(head)) throw new TypeError("the page has no style of ours");
  const separate = head.replace(/<style>.*?<\/style>\n?/gs, "").replace(policy, "style-src &#x27;self&#x27;");
  return {
    html: `${separate}<link rel="stylesheet" href="${stylesheet}">\n${page.slice(end)}`,
    css: styles.join("\n"),
  };
}
