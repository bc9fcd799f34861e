import { describe, expect, it } from "vitest";
import { cells } from "../../../pipelines/dsl/index.ts";
import { readMatrix } from "../../../pipelines/dsl/matrix.ts";
import { selectCells } from "../../../pipelines/dsl/selection.ts";

const matrix = readMatrix(
  cells(
    { os: ["debian-12", "debian-13", "ubuntu-24.04"], environment: "kvm-ssh" },
    { os: "debian-12", environment: "microvm-ssh" },
    { os: "rocky-9", environment: "ceph", pool: ["hdd", "nvme"] },
  ).hole({ os: "debian-13", environment: "microvm-ssh" }, "not supported there"),
);

describe("selectCells", () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ["an id", ["debian-12/kvm-ssh"], ["debian-12/kvm-ssh"]],
    ["an id with *", ["debian-*/kvm-ssh"], ["debian-12/kvm-ssh", "debian-13/kvm-ssh"]],
    ["an axis", ["os=debian-*"], ["debian-12/kvm-ssh", "debian-13/kvm-ssh", "debian-12/microvm-ssh"]],
    ["? for one letter", ["os=debian-1?,environment=k*"], ["debian-12/kvm-ssh", "debian-13/kvm-ssh"]],
    ["terms that must all hold", ["environment=microvm-ssh, os=debian-12"], ["debian-12/microvm-ssh"]],
    ["two terms of one axis", ["os=debian-*,os=*-13"], ["debian-13/kvm-ssh"]],
    ["an axis that some cells lack", ["pool=*"], ["rocky-9/ceph/hdd", "rocky-9/ceph/nvme"]],
    ["a point that is a point", ["os=ubuntu-24.04"], ["ubuntu-24.04/kvm-ssh"]],
    ["alternatives, in matrix order", ["pool=nvme", "os=debian-13"], ["debian-13/kvm-ssh", "rocky-9/ceph/nvme"]],
  ])("takes %s", (_what, patterns, ids) => {
    const { cells: found, problems } = selectCells(patterns, matrix);
    expect({ ids: found.map((cell) => cell.id), problems }).toEqual({ ids, problems: [] });
  });

  it.each<[string, string, RegExp]>([
    ["an unknown axis", "oss=debian-12", /"oss" is no axis.* Did you mean "os"\?/],
    ["an axis like nothing", "flavour=x", /Known: os, environment, pool\./],
    ["a value that is misspelt", "os=debain-12", /No cell has an os like "debain-12"\. Did you mean "debian-12"\?/],
    ["a misspelt pattern", "os=debain-*", /Did you mean "debian-12"\?/],
    ["a value like nothing", "os=windows", /Known: debian-12, debian-13/],
    ["an id that is misspelt", "debian-12/kvm-shh", /not a cell.* Did you mean "debian-12\/kvm-ssh"\?/],
    ["an id that is a hole", "debian-13/microvm-ssh", /hole of the matrix: not supported there/],
    [
      "terms of a hole",
      "os=debian-13,environment=microvm-*",
      /debian-13\/microvm-ssh is a hole: not supported there\./,
    ],
    ["terms that no cell has together", "os=debian-13,pool=hdd", /The nearest: debian-13\/kvm-ssh, rocky-9\/ceph\/hdd/],
    ["a term without a value", "os=", /"os=" is no axis=value/],
    ["a term without an axis", "os=debian-12,kvm-ssh", /"kvm-ssh" is no axis=value/],
    ["a part of a value", "os=debian", /No cell has an os like "debian"/],
    ["a letter for a point", "os=ubuntu-24x04", /No cell has an os like/],
    ["nothing", "", /"" is not a cell/],
  ])("names the nearest for %s", (_what, pattern, words) => {
    const { cells: found, problems } = selectCells([pattern, "os=rocky-9"], matrix);
    expect(found.map((cell) => cell.id)).toEqual(["rocky-9/ceph/hdd", "rocky-9/ceph/nvme"]);
    expect(problems.map(({ detail, next }) => `${detail} ${next}`).join("\n")).toMatch(words);
  });
});
