import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { ensureImage, type Image } from "../../../infra/images/image.ts";
import { accountIn, capabilitiesOf, groupIn, netRaw, ownerOf, says, textIn } from "./ownership.ts";

/** Kept between test runs for its images: building the base is not what is tested twice. */
const home = fileURLToPath(new URL("../../../.edgecert/test", import.meta.url));
const packages = ["dbus", "iputils-ping"];
let image: Image;
beforeAll(async () => {
  const io = { home, signal: AbortSignal.timeout(500_000), note: (text: string) => console.log(text) };
  image = await ensureImage({ os: "debian-12", packages }, io);
});

test("an image keeps owners, setuid bits and file capabilities", () => {
  expect(ownerOf(image, "/usr/bin/su")).toBe("04755 0 0");
  expect(ownerOf(image, "/usr/bin/passwd")).toBe("04755 0 0");
  expect(ownerOf(image, "/etc/shadow")).toBe(`0640 0 ${groupIn(image, "shadow")}`);
  expect(ownerOf(image, "/var/cache/apt/archives/partial")).toBe(`0700 ${accountIn(image, "_apt")} 0`);
  expect(ownerOf(image, "/usr/lib/dbus-1.0/dbus-daemon-launch-helper")).toBe(`04754 0 ${groupIn(image, "messagebus")}`);
  expect(capabilitiesOf(image, "/usr/bin/ping")).toBe(netRaw);
});

test("the packages that were asked for are installed in it, with their versions in its list", () => {
  const status = textIn(image, "/var/lib/dpkg/status");
  for (const name of packages)
    expect(status).toMatch(new RegExp(`^Package: ${name}\nStatus: install ok installed`, "m"));
});

test("it names the distribution's own mirror, and nothing of the machine that made it", () => {
  const suites = ["debian bookworm", "debian bookworm-updates", "debian-security bookworm-security"];
  expect(textIn(image, "/etc/apt/sources.list")).toBe(
    suites.map((suite) => `deb http://deb.debian.org/${suite} main\n`).join(""),
  );
  expect(says(image, ["edgecert-build", home])).toBe(false);
  // A search that finds nothing anywhere would prove nothing.
  expect(says(image, ["edgecert-seed.service"])).toBe(true);
});
