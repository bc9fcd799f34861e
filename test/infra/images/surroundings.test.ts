import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  authoritiesIn,
  buildOnlyPaths,
  proxiesIn,
  type Surroundings,
  surroundingsOfBuild,
  surroundingsOfGuest,
} from "../../../infra/images/surroundings.ts";

const none: Surroundings = {
  sources: ["deb http://mirror.example/debian trixie main"],
  apt: [],
  proxies: {},
  authorities: [],
};
const texts = (files: readonly { readonly path: string; readonly content: string }[]) =>
  Object.fromEntries(files.map(({ path, content }) => [path, content]));

test("a guest gets the mirror of its host, and nothing where there is nothing to say", () => {
  expect(texts(surroundingsOfGuest(none))).toEqual({
    "etc/apt/sources.list": "deb http://mirror.example/debian trixie main\n",
  });
});

test("addresses of the host's own loopback device become those by which a guest sees it", () => {
  const files = surroundingsOfGuest({
    ...none,
    sources: ["deb http://127.0.0.1:8080/debian trixie main", "deb http://localhost.example/debian trixie main"],
    apt: ['Acquire::http::Proxy "http://user:word@localhost:3142/"', 'Acquire::Check-Date "false"'],
    proxies: { http_proxy: "http://127.0.1.1:3128", https_proxy: "[::1]:3128", no_proxy: "localhost,.example" },
  });
  expect(texts(files)).toEqual({
    "etc/apt/sources.list":
      "deb http://10.0.2.2:8080/debian trixie main\ndeb http://localhost.example/debian trixie main\n",
    "etc/apt/apt.conf.d/90edgecert":
      'Acquire::http::Proxy "http://user:word@10.0.2.2:3142/";\nAcquire::Check-Date "false";\n' +
      'Acquire::https::Proxy "http://10.0.2.2:3128";\n',
    "etc/environment":
      'http_proxy="http://10.0.2.2:3128"\nhttps_proxy="http://10.0.2.2:3128"\nno_proxy="localhost,.example"\n',
  });
});

test("certificates that the machine trusts are handed to guests, and to a build only for its own time", () => {
  const trusted = {
    ...none,
    authorities: [{ name: "house.crt", pem: "-----BEGIN CERTIFICATE-----\n", links: ["5ed36f99.0"] }],
  };
  expect(texts(surroundingsOfGuest(trusted))).toMatchObject({
    "usr/local/share/ca-certificates/house.crt": "-----BEGIN CERTIFICATE-----\n",
    "etc/ssl/certs/5ed36f99.0": "-----BEGIN CERTIFICATE-----\n",
  });
  const build = surroundingsOfBuild({ ...trusted, apt: ['Acquire::http::Proxy "http://127.0.0.1:3142"'] });
  expect(texts(build)["etc/apt/apt.conf.d/00edgecert-build"]).toContain(
    'Acquire::http::Proxy "http://127.0.0.1:3142";',
  );
  const left = build.map(({ path }) => path).filter((path) => !buildOnlyPaths.includes(path));
  expect(left).toEqual(["etc/apt/sources.list"]);
});

test("proxies of the environment are read in both spellings, the lower case one first", () => {
  const env = { HTTP_PROXY: "http://a", http_proxy: "http://b", HTTPS_PROXY: "http://c", no_proxy: "", ALL_PROXY: "x" };
  expect(proxiesIn(env)).toEqual({ http_proxy: "http://b", https_proxy: "http://c" });
});

test("certificates are read with the names by which OpenSSL finds them", () => {
  const folder = mkdtempSync(join(tmpdir(), "authorities-"));
  const [added, links] = [join(folder, "added"), join(folder, "links")];
  for (const one of [added, links]) mkdirSync(one);
  for (const name of ["house.crt", "notes.txt", "second.crt"]) writeFileSync(join(added, name), name);
  symlinkSync(join(added, "house.crt"), join(links, "house.pem"));
  symlinkSync("house.pem", join(links, "5ed36f99.0"));
  symlinkSync("gone.pem", join(links, "00000000.0"));
  expect(authoritiesIn(added, links)).toEqual([
    { name: "house.crt", pem: "house.crt", links: ["5ed36f99.0"] },
    { name: "second.crt", pem: "second.crt", links: [] },
  ]);
  rmSync(folder, { recursive: true });
  expect(authoritiesIn(added, links)).toEqual([]);
});
