import { type FaultTable, textTable } from "./fault.ts";

const goNet = "go.dev/src/net, go.dev/src/net/http, go.dev/src/syscall/zerrors_linux_amd64.go";

/** What can happen between here and any API, as programs in Go and Node word it. */
export const networkFaults: FaultTable = textTable([
  [
    /x509: |tls: failed to verify certificate|certificate signed by unknown authority/,
    {
      code: "Certificate",
      class: "configuration",
      elsewhere: null,
      next: "See that this machine's clock is right and that it trusts the certificates of a proxy in between (SSL_CERT_FILE).",
      source: "go.dev/src/crypto/x509/verify.go",
    },
  ],
  [
    /no such host|server misbehaving|Temporary failure in name resolution|ENOTFOUND|EAI_AGAIN/,
    {
      code: "NameResolution",
      class: "transient",
      elsewhere: null,
      next: "See that this machine resolves the name in the message, and that the region in it exists.",
      source: goNet,
    },
  ],
  [
    /connection refused|no route to host|network is unreachable|host is down|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/,
    {
      code: "Unreachable",
      class: "transient",
      elsewhere: null,
      next: "See that this machine reaches the address in the message: routes, firewall, HTTPS_PROXY.",
      source: goNet,
    },
  ],
  [
    /ECONNRESET|ETIMEDOUT|EPIPE|socket hang up|connection reset by peer|broken pipe|\bEOF\b|i\/o timeout|TLS handshake timeout|Client\.Timeout exceeded|context deadline exceeded|http2: (?:client|server).*(?:lost|GOAWAY)|use of closed network connection|request send failed/,
    {
      code: "Connection",
      class: "transient",
      elsewhere: null,
      next: "Nothing is to be done if it passes by itself; what a lost answer made is found by its tags and given back.",
      source: goNet,
    },
  ],
]);
