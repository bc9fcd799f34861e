import { expect, it } from "vitest";
import { readDescription } from "../../../pipelines/stages/description.ts";

const said = `1767225600.250000000
6.1.0-41-amd64
Debian GNU/Linux 12 (bookworm)
QEMU TCG CPU version 2.5+

ii  zlib1g 1:1.2.13 amd64
rc  gone 1 all
ii  adduser 3.134 all
`;
const times = { asked: 1_767_225_600_000, answered: 1_767_225_600_300 };

it("reads system, kernel, processor, clock and what is installed, by name", () => {
  expect(readDescription(said, times)).toEqual({
    facts: {
      kernel: "6.1.0-41-amd64",
      system: "Debian GNU/Linux 12 (bookworm)",
      cpu: "QEMU TCG CPU version 2.5+",
      clockOffsetMs: 100,
      clockErrorMs: 150,
    },
    packages: "adduser 3.134 all\nzlib1g 1:1.2.13 amd64\n",
  });
});

it("leaves a processor without a name open", () => {
  expect(readDescription(said.replace(/QEMU.*\n/, ""), times)?.facts.cpu).toBe("");
});

it.each([
  ["nothing", ""],
  ["no package", said.replace(/^ii.*\n/gm, "")],
  ["no clock", said.replace(/^.*\n/, "\n")],
  ["rubbish", "command not found\n\nii a 1 all\n"],
])("takes %s for no description", (_what, text) => {
  expect(readDescription(text, times)).toBeNull();
});
