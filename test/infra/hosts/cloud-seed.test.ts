import { expect, test } from "vitest";
import { type CloudSeed, cloudSeedFiles } from "../../../infra/hosts/cloud-seed.ts";

const seed: CloudSeed = {
  instance: "edge-1-0a1b2c3d",
  userData: "#cloud-config\n{}\n",
  loginKey: "ssh-ed25519 AAAA login",
  account: "admin",
  machineId: "0".repeat(32),
  outsideMac: "52:54:00:00:00:01",
  groupMac: "52:54:00:00:00:02",
  groupAddress: "10.90.0.4/24",
  surroundings: [{ path: "etc/environment", mode: 0o644, content: "a=b\n" }],
};

function contentOf(path: string, of = seed): string {
  return cloudSeedFiles(of).find((file) => file.path === path)?.content ?? "";
}

test("a machine is told as at a cloud: user data byte for byte, login key and instance as metadata, cables apart", () => {
  expect(contentOf("var/lib/cloud/seed/nocloud/user-data")).toBe(seed.userData);
  const metaData = { "instance-id": seed.instance, "public-keys": [seed.loginKey] };
  expect(JSON.parse(contentOf("var/lib/cloud/seed/nocloud/meta-data"))).toEqual(metaData);
  expect(contentOf("etc/edgecert/network")).toBe(
    "04 52:54:00:00:00:01 10.0.2.15/24 10.0.2.2\n05 52:54:00:00:00:02 10.90.0.4/24\n",
  );
  expect(contentOf("etc/environment")).toBe("a=b\n");
});

test("what only user data may say is nowhere else: no host name, no host key, no authorized key", () => {
  const paths = cloudSeedFiles(seed).map((file) => file.path);
  expect(paths.filter((path) => /hostname|etc\/hosts$|ssh_host|authorized_keys/.test(path))).toEqual([]);
});

test("the login key goes to the account that the image's publisher made", () => {
  const settings = (account: string) =>
    JSON.parse(contentOf("etc/cloud/cloud.cfg.d/90_edgecert.cfg", { ...seed, account }));
  const { system_info: system, disable_root: disabled } = settings("admin");
  expect([system.default_user.name, disabled]).toEqual(["admin", true]);
  expect(settings("root")).toMatchObject({ users: [{ name: "root" }], disable_root: false });
});
