import { expect, test } from "vitest";
import { noCloudFiles } from "../../../infra/hosts/nocloud.ts";

const pair = (name: string) => ({ privateKey: `private ${name}\n`, publicKey: `ssh-ed25519 AAAA${name} comment` });
const self = { name: "node1", address: "10.99.0.12", hostKey: pair("n") };
const seed = {
  ...{ self, group: [self], outsideMac: "52:54:00:00:00:01", groupMac: "52:54:00:00:00:02" },
  ...{ loginKey: "ssh-ed25519 AAAAlogin edgecert-login", groupKey: pair("g"), instance: "node1-0a1b2c3d" },
  machineId: "0123456789abcdef0123456789abcdef",
  packages: ["ruby-rspec"],
  surroundings: [
    { path: "etc/apt/apt.conf.d/90edgecert", mode: 0o644, content: 'Acquire::http::Proxy "http://10.0.2.2:3142";\n' },
    { path: "usr/local/share/ca-certificates/house.crt", mode: 0o644, content: "PEM\n" },
    { path: "etc/ssl/certs/5ed36f99.0", mode: 0o644, content: "PEM\n" },
  ],
};
const files = new Map(noCloudFiles(seed).map(({ path, content }) => [path, content]));
const json = (name: string) => JSON.parse((files.get(name) ?? "").replace("#cloud-config\n", ""));

test("cloud-init gets its three files, the user data marked as its own", () => {
  expect([...files.keys()]).toEqual(["meta-data", "network-config", "user-data"]);
  expect(files.get("user-data")).toMatch(/^#cloud-config\n/);
  expect(json("meta-data")).toEqual({ "instance-id": "node1-0a1b2c3d", "local-hostname": "node1" });
});

test("cards are found by their addresses, and only the outer one leads on", () => {
  expect(json("network-config").ethernets).toEqual({
    eth0: {
      match: { macaddress: "52:54:00:00:00:01" },
      ...{ "set-name": "eth0", addresses: ["10.0.2.15/24"], routes: [{ to: "0.0.0.0/0", via: "10.0.2.2" }] },
      nameservers: { addresses: ["10.0.2.3"] },
    },
    eth1: { match: { macaddress: "52:54:00:00:00:02" }, "set-name": "eth1", addresses: ["10.99.0.12/24"] },
  });
});

test("root logs in with our keys alone, and the host key is ours", () => {
  expect(json("user-data")).toMatchObject({
    ...{ disable_root: false, ssh_pwauth: false, users: [{ name: "root" }], locale: false },
    ssh_keys: { ed25519_private: "private n\n", ed25519_public: "ssh-ed25519 AAAAn comment" },
    ssh_authorized_keys: ["ssh-ed25519 AAAAlogin edgecert-login", "ssh-ed25519 AAAAg comment"],
  });
});

test("packages, trusted certificates and the files of the seed arrive", () => {
  const data = json("user-data");
  expect(data).toMatchObject({ packages: ["ruby-rspec"], package_update: true, ca_certs: { trusted: ["PEM\n"] } });
  const written = data.write_files.map((file: { readonly path: string }) => file.path);
  expect(written).toEqual([
    "/etc/hosts",
    "/etc/ssh/ssh_known_hosts",
    "/root/.ssh/id_ed25519",
    "/root/.ssh/id_ed25519.pub",
    "/etc/apt/apt.conf.d/90edgecert",
  ]);
  expect(data.write_files[2]).toMatchObject({ permissions: "0600", content: "private g\n" });
});
