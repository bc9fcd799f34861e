import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");

/**
 * A copy of infra, with what its types come from, whose node_modules lack the optional package: as `npm ci --omit=optional`
 * leaves it. The caller removes the folder.
 */
export function checkoutWithoutPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), "edgecert-optional-"));
  for (const name of ["infra", "package.json", "tsconfig.json"])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  cpSync(join(root, "pipelines", "dsl"), join(folder, "pipelines", "dsl"), { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")).filter((one) => one !== "@pulumiverse"))
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  return folder;
}
