import { isIpAddress } from '../ip-address.ts';

/** One published (or exposed) port of the short syntax. */
export interface ShortPort {
  readonly hostIp: string;
  /** '' when the engine chooses; `8000-8010` for "the first free of". */
  readonly published: string;
  readonly target: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export interface PortError {
  readonly error: string;
  readonly hint?: string | undefined;
}

/**
 * Parses the short port syntax of a service.
 * @param text  "8080:80", "127.0.0.1::80/udp", "3000-3005:3000-3005"; IPv6 hosts with or without brackets
 * @returns one entry for each target port, in the order in which Docker Compose prints them (by port as text), or what is wrong
 * @see Compose specification, "ports", short syntax
 */
export function parsePorts(text: string): readonly ShortPort[] | PortError {
  const parts = text.split(':');
  const containerPart = parts.pop() ?? '';
  const hostPart = parts.pop() ?? '';
  let hostIp = parts.join(':');
  const [range = '', protocolText = 'tcp'] = splitProtocol(containerPart);
  const bracketed = /^\[(.*)\]$/.exec(hostIp);
  if (bracketed) hostIp = bracketed[1] ?? '';
  if (hostIp !== '' && !isIpAddress(hostIp)) return { error: `"${hostIp}" is not an IP address` };
  if (range === '') return { error: 'no container port is given', hint: 'write "HOST:CONTAINER", or "CONTAINER" alone' };
  const target = parseRange(range);
  if (!target) return badPort('container', range);
  const published = hostPart === '' ? undefined : parseRange(hostPart);
  if (hostPart !== '' && !published) return badPort('host', hostPart);
  const count = target.end - target.start;
  if (published && count !== published.end - published.start && count !== 0) {
    return { error: `the ranges ${hostPart} and ${range} differ in length` };
  }
  const protocol = protocolText.toLowerCase();
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') {
    return { error: `"${protocolText}" is not a protocol`, hint: 'valid protocols are tcp, udp and sctp' };
  }
  const dynamic = published && count === 0 && published.start !== published.end;
  const ports = Array.from({ length: count + 1 }, (_, i): ShortPort => {
    const first = published ? String(published.start + i) : '';
    return { hostIp, published: dynamic ? `${first}-${published.end}` : first, target: target.start + i, protocol };
  });
  return ports.sort((a, b) => (`${a.target}/` < `${b.target}/` ? -1 : 1));
}

/** `80/udp` → port and protocol; an empty protocol is tcp. */
function splitProtocol(text: string): [string, string] {
  const [port = '', protocol] = text.split('/');
  return [port, protocol === undefined || protocol === '' ? 'tcp' : protocol];
}

function parseRange(text: string): { start: number; end: number } | undefined {
  const [first = '', second] = text.split('-');
  const start = parsePort(first);
  const end = text.includes('-') ? parsePort(second ?? '') : start;
  return start === undefined || end === undefined || end < start ? undefined : { start, end };
}

function parsePort(text: string): number | undefined {
  return /^\d{1,20}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined;
}

function badPort(which: 'container' | 'host', text: string): PortError {
  const numeric = /^\d+$/.test(text);
  const shorter = numeric ? text.slice(0, -1) : '';
  const hint = numeric && Number(shorter) > 0 && Number(shorter) <= 65535 ? `did you mean ${shorter}?` : undefined;
  return { error: numeric ? `the ${which} port ${text} is beyond 65535` : `"${text}" is not a ${which} port or range`, hint };
}
