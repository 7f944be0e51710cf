/** What IP TRACE lines say of headers between and behind: extension headers, tcp options, SPIs, and what is cut off. */
import { bitsOf, EXTENSION_HEADERS, headerBytes } from "../facts/index.ts";
import type { Draft } from "./event.ts";

export function readHeaders(values: Draft, text: string): void {
  const options = text.includes(" OPT (") ? / OPT \(([\dA-F]+)\) PROTO=/.exec(text)?.[1] : undefined;
  if (options) values.ipOptions = bitsOf(kindsOf(bytesOf(options)));
  if (text.includes("SPI=")) readSpis(values, text);
  if (typeof values.source === "bigint") readExtensionHeaders(values, text);
  if (values.tcpFlags !== undefined) readTcpOptions(values, text);
  const bytes = text.includes("INCOMPLETE [") ? /INCOMPLETE \[(\d+) bytes\]/.exec(text)?.[1] : undefined;
  // an ICMP error may also lack some of the packet that it is about
  if (bytes !== undefined && Number(bytes) < headerBytes(values.protocol ?? 0)) values.incomplete = Number(bytes);
  if (values.incomplete !== undefined && !isFinished(values)) delete values.mark;
}

/** nf_log_syslog.c returns where a header is cut off, before the owner and the mark, but for these three of IPv4. */
const isFinished = ({ source, protocol = 0 }: Draft): boolean =>
  typeof source === "number" && [1, 50, 51].includes(protocol);

function readSpis(values: Draft, text: string): void {
  const [ah, esp] = ["AH", "ESP"].map((name) => new RegExp(`\\b${name} SPI=(0x[\\da-f]+)`).exec(text)?.[1]);
  if (ah !== undefined) values.ahSpi = Number(ah);
  if (esp !== undefined) values.espSpi = Number(esp);
}

const [FRAGMENT, AH] = [1 << EXTENSION_HEADERS.indexOf("ipv6-frag"), 1 << EXTENSION_HEADERS.indexOf("ah")];
/** nf_log_syslog.c dump_ipv6_packet: `OPT ( ) ` does not tell hop-by-hop, routing and destination options apart. */
function readExtensionHeaders(values: Draft, text: string): void {
  values.namedHeaders = 0;
  values.unnamedHeaders = 0;
  if (!text.includes("OPT ( ")) return;
  for (const [, inside = ""] of text.matchAll(/OPT \( ([^)]*)\)/g)) {
    if (inside === "") values.unnamedHeaders++;
    else if (inside.startsWith("FRAG:")) {
      values.namedHeaders |= FRAGMENT;
      values.moreFragments ??= 0;
      if (values.ipId !== undefined) values.fragmentId = values.ipId;
    } else if (inside.startsWith("AH ")) values.namedHeaders |= AH;
    else if (inside.startsWith("ESP ")) {
      values.protocol = 50;
      // the line ends here (semantics 1.6)
      delete values.mark;
    }
  }
}

/** `OPT (` and the bytes: behind URGP=, for what is before it are the IP header's. */
function readTcpOptions(values: Draft, text: string): void {
  const [, hex] = / URGP=\d+ OPT \(([\dA-Z]+)\)/.exec(text) ?? [];
  if (hex === "TRUNCATED") {
    values.incomplete = Math.max(0, Number(values.length ?? 0) - (typeof values.source === "bigint" ? 40 : 20));
    return;
  }
  const bytes = bytesOf(hex);
  values.tcpMss = null;
  for (const at of optionsIn(bytes)) {
    const [kind, size, high = 0, low] = bytes.slice(at, at + 4);
    if (kind === 2 && size === 4 && low !== undefined) values.tcpMss ??= high * 256 + low;
  }
  values.tcpOptions = bitsOf(kindsOf(bytes));
}

const bytesOf = (hex = ""): number[] =>
  Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16));
const kindsOf = (bytes: readonly number[]): number[] => [...new Set(optionsIn(bytes).map((at) => bytes[at] ?? 0))];
/** Where each option begins. net/netfilter/xt_tcpudp.c tcp_find_option and xt_tcpmss.c walk so, ip_options.c too. */
function optionsIn(bytes: readonly number[]): number[] {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += (bytes[at] ?? 0) < 2 ? 1 : bytes[at + 1] || 1) out.push(at);
  return out;
}
