import { expect, test } from "vitest";
import { type Member, seedFiles } from "../../../infra/hosts/seed.ts";

const pair = (name: string) => ({ privateKey: `private ${name}\n`, publicKey: `ssh-ed25519 AAAA${name} comment` });
const frontend: Member = { name: "frontend", address: "10.99.0.11", hostKey: pair("f") };
const node1: Member = { name: "node1", address: "10.99.0.12", hostKey: pair("n") };

const files = new Map(
  seedFiles({
    self: node1,
    machineId: "0123456789abcdef0123456789abcdef",
    group: [frontend, node1],
    outsideMac: "52:54:00:00:00:01",
    groupMac: "52:54:00:00:00:02",
    loginKey: "ssh-ed25519 AAAAlogin edgecert-login",
    groupKey: pair("g"),
    surroundings: [{ path: "etc/apt/sources.list", mode: 0o644, content: "deb http://mirror.example/debian\n" }],
  }).map((file) => [file.path, file]),
);

const text = (path: string) => files.get(path)?.content;

test("names of the whole group resolve to addresses on its network", () => {
  expect(text("etc/hostname")).toBe("node1\n");
  expect(text("etc/hosts")).toBe("127.0.0.1 localhost\n::1 localhost\n10.99.0.11 frontend\n10.99.0.12 node1\n");
  expect(text("etc/edgecert/network")).toBe(
    "04 52:54:00:00:00:01 10.0.2.15/24 10.0.2.2\n05 52:54:00:00:00:02 10.99.0.12/24\n",
  );
});

test("each server knows the host keys of all, by name and address", () => {
  expect(text("etc/ssh/ssh_known_hosts")).toBe(
    "frontend,10.99.0.11 ssh-ed25519 AAAAf\nnode1,10.99.0.12 ssh-ed25519 AAAAn\n",
  );
});

test("the login key and the group's own key may log in; private keys are for root's eyes", () => {
  expect(text("root/.ssh/authorized_keys")).toBe("ssh-ed25519 AAAAlogin edgecert-login\nssh-ed25519 AAAAg comment\n");
  expect(text("etc/ssh/ssh_host_ed25519_key")).toBe("private n\n");
  expect(files.get("etc/ssh/ssh_host_ed25519_key")?.mode).toBe(0o600);
  expect(files.get("root/.ssh/id_ed25519")?.mode).toBe(0o600);
});

test("what reaches packages is handed over with the rest", () => {
  expect(text("etc/apt/sources.list")).toBe("deb http://mirror.example/debian\n");
});
