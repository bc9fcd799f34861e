import type { Certificate } from "../certificate-document.ts";
import { plural } from "../wording.ts";
import { quoted } from "./command.ts";
import { digestWords } from "./inventory.ts";

/** What the document is sealed by and how anybody proves it. */
export interface SealView {
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly commands: readonly { readonly command: string; readonly answer: string }[];
}

/** The seal of a certificate with this digest. */
export function sealView(certificate: Certificate, digest: string): SealView {
  const { completeness, plan, run, follows, tool, events, resumed, definition, requestedBy } = certificate;
  const facts = [
    { label: "Certificate", value: `sha256:${digestWords(digest)}` },
    { label: "Plan", value: plan.digest === "" ? "none" : `sha256:${digestWords(plan.digest)}` },
    { label: "Run", value: follows === undefined ? run : `${run}, for the open cells of ${follows}` },
    { label: "Started by", value: requestedBy ?? "" },
    { label: "Definition", value: definition === null ? "" : definitionWords(definition) },
    {
      label: "Events",
      value: `${plural(events, "event")}${resumed === 0 ? "" : `, resumed ${plural(resumed, "time")}`}`,
    },
    { label: "Made by", value: `${tool.name} ${tool.version}` },
  ];
  return {
    facts: facts.filter((fact) => fact.value !== ""),
    commands: [
      {
        command: "sha256sum certificate.json",
        answer: `Prints ${digest.slice(0, 12)}… as long as nobody has changed the document.`,
      },
      ...(completeness === "planned"
        ? [
            {
              command: `edgecert verify ${quoted(run)} --key KEY`,
              answer: "Checks what was signed, every planned cell and the packages on disk by a key that you trust.",
            },
          ]
        : []),
    ],
  };
}

function definitionWords({ file, sha256, commit, dirty }: NonNullable<Certificate["definition"]>): string {
  const at = commit === null ? "in no repository" : `commit ${commit}${dirty ? ", with changes" : ""}`;
  return `${file}, ${at}, sha256:${digestWords(sha256)}`;
}
