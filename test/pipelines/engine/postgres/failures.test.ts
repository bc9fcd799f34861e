import { describe, expect, it } from "vitest";
import { postgresError } from "../../../../pipelines/engine/postgres/failures.ts";

describe("why Postgres did not start", () => {
  it.each([
    ['FATAL:  could not write lock file "postmaster.pid": No space left on device', "disk-full"],
    ["ENOSPC: no space left on device, write", "disk-full"],
    ['FATAL:  data directory "/x" has invalid permissions', "postgres-permissions"],
    ['FATAL:  data directory "/x" has wrong ownership', "postgres-permissions"],
    ["EACCES: permission denied, mkdir '/x'", "postgres-permissions"],
    ["EROFS: read-only file system, mkdir '/x'", "postgres-permissions"],
    ["FATAL:  database files are incompatible with server", "postgres-start"],
  ])("%s is %s", (detail, reason) => {
    const { failure } = postgresError("/x", "/x/log.txt", detail);
    expect(failure).toMatchObject({ reason, class: "fatal" });
    expect(failure.detail).toContain(detail);
  });
});
