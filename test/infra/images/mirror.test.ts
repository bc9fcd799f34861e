import { expect, test } from "vitest";
import { settingsIn } from "../../../infra/images/apt-settings.ts";
import { mirrorIn, sourceLines } from "../../../infra/images/mirror.ts";

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

test("proxy and dates are passed on, the rest is not", () => {
  const dump =
    'Acquire "";\nAcquire::http::Proxy "http://p:3128";\nAcquire::Check-Date "false";\nAcquire::Retries "3";\n';
  expect(settingsIn(dump)).toEqual(['Acquire::http::Proxy "http://p:3128"', 'Acquire::Check-Date "false"']);
});
