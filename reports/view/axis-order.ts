import type { Certificate } from "../certificate-document.ts";

/**
 * The certificate with the values of every cell and scope in the order of the axes: the sealed document sorts its
 * keys, and a reader wants `Debian 12, KVM SSH` in both.
 */
export function inAxisOrder(certificate: Certificate): Certificate {
  const { axes, cells, holes, suites, failures, servers, timings, readiness } = certificate;
  const ordered = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(
      axes.flatMap(({ name }) => (Object.hasOwn(values, name) ? [[name, values[name] ?? ""] as const] : [])),
    );
  const byValues = <One extends { readonly values: Readonly<Record<string, string>> }>(one: One): One => ({
    ...one,
    values: ordered(one.values),
  });
  const byScope = <One extends { readonly scope: Readonly<Record<string, string>> }>(one: One): One => ({
    ...one,
    scope: ordered(one.scope),
  });
  return {
    ...certificate,
    cells: cells.map(byValues),
    holes: holes.map(byValues),
    suites: suites.map(byScope),
    failures: failures.map(byScope),
    servers: servers.map(byScope),
    timings: timings.map(byScope),
    readiness: readiness.map(byScope),
  };
}
