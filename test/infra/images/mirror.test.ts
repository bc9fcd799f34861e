import { createServer } from "node:http";
import { expect, test } from "vitest";
import { aptFinds, settingsIn } from "../../../infra/images/apt-settings.ts";
import { mirrorIn, packageSources, sourceLines } from "../../../infra/images/mirror.ts";

const bullseye = { name: "debian-11", suite: "bullseye", support: "ended" } as const;

const official = { main: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security" };

test.each([
  ["one-line", "deb [signed-by=/k] https://mirror.example/debian/ bookworm main\n", "https://mirror.example/debian"],
  [
    "deb822",
    "Types: deb\nURIs: http://mirror.example/pub/debian\nSuites: bookworm\n",
    "http://mirror.example/pub/debian",
  ],
  ["a comment", "# http://old.example/debian\ndeb http://new.example/debian sid main\n", "http://new.example/debian"],
  ["Ubuntu", "deb http://archive.ubuntu.com/ubuntu jammy main\n", official.main],
  ["nothing", "", official.main],
])("the machine's own mirror, from %s", (_, text, main) => {
  expect(mirrorIn(text)).toEqual({ main, security: official.security });
});

test("a release has three suites", () => {
  expect(sourceLines("trixie", official)).toEqual([
    "deb http://deb.debian.org/debian trixie main",
    "deb http://deb.debian.org/debian trixie-updates main",
    "deb http://deb.debian.org/debian-security trixie-security main",
  ]);
});

test.each([
  [[], ["a/debian bullseye main", "a/debian bullseye-updates main", "b/security bullseye-security main"], ""],
  [["main"], ["http://archive.debian.org/debian bullseye main"], "[check-valid-until=no] "],
  [
    ["security"],
    ["a/debian bullseye main", "http://archive.debian.org/debian-security bullseye-security main"],
    "[check",
  ],
])(
  "of a release whose support has ended, halves %j that the mirror dropped come from the archive",
  async (gone, lines, options) => {
    const asked: string[] = [];
    const sources = await packageSources(bullseye, { main: "a/debian", security: "b/security" }, async (address) => {
      asked.push(address);
      return !gone.some((half) => address.endsWith(half === "main" ? "/bullseye/InRelease" : "-security/InRelease"));
    });
    expect(asked).toEqual(["a/debian/dists/bullseye/InRelease", "b/security/dists/bullseye-security/InRelease"]);
    for (const line of lines) expect(sources.join("\n")).toContain(line);
    expect(sources.filter((line) => line.startsWith(`deb ${options}`))).toHaveLength(3);
  },
);

test("a release with support comes from the mirror, unasked", async () => {
  const never = () => Promise.reject(new Error("asked"));
  const sources = await packageSources({ ...bullseye, support: "current" }, official, never);
  expect(sources).toEqual(sourceLines("bullseye", official));
});

test("the machine's own apt tells a file that is not there from a server that does not answer", async () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === "/there" ? 200 : 404;
    response.end("text");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const signal = AbortSignal.timeout(15_000);
  expect(await aptFinds(`${base}/there`, signal)).toBe(true);
  expect(await aptFinds(`${base}/gone`, signal)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await aptFinds(`${base}/gone`, signal)).toBe(true);
});

test("proxy and dates are passed on, the rest is not", () => {
  const dump =
    'Acquire "";\nAcquire::http::Proxy "http://p:3128";\nAcquire::Check-Date "false";\nAcquire::Retries "3";\n';
  expect(settingsIn(dump)).toEqual(['Acquire::http::Proxy "http://p:3128"', 'Acquire::Check-Date "false"']);
});
