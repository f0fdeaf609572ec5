/** Times, sizes and ports in the words of the docker CLI. */
import type { PortSummary } from '../../engine-api/index.ts';

const GO_ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };

/** A text in quotes, what cannot be printed escaped. @see Go, strconv.Quote */
export function goQuote(text: string): string {
  const escaped = text.replace(/["\\\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = (digits: number): string => code.toString(16).padStart(digits, '0');
    return GO_ESCAPES[character] ?? (code < 0x80 ? `\\x${hex(2)}` : code > 0xffff ? `\\U${hex(8)}` : `\\u${hex(4)}`);
  });
  return `"${escaped}"`;
}

/** A time as Go prints it: `2026-11-22 02:29:55 +0000 UTC`. */
export function goTime(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const name = offset === 0 ? 'UTC' : zone;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zone} ${name}`;
}

/** Powers of 1024 with three digits, as `stats` shows memory: `608KiB`, `23.54GiB`. @see go-units BytesSize */
export function binarySize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(4))}${units[unit]}`;
}

interface PortRange {
  readonly key: string;
  readonly host: string;
  readonly type: string;
  first: number;
  last: number;
  hostFirst: number | undefined;
  hostLast: number | undefined;
}

/** `0.0.0.0:8000-8001->80-81/tcp, 9000/tcp`: neighbours are joined to ranges. @see docker CLI DisplayablePorts */
export function formatPorts(ports: readonly PortSummary[]): string {
  const sorted = [...ports].sort((a, b) => a.PrivatePort - b.PrivatePort || compare(a.IP, b.IP) || (a.PublicPort ?? 0) - (b.PublicPort ?? 0) || compare(a.Type, b.Type));
  const ranges: PortRange[] = [];
  for (const port of sorted) {
    const host = port.PublicPort === undefined || port.PublicPort === 0 ? undefined : port.PublicPort;
    const key = `${host === undefined ? '' : (port.IP ?? '')}/${port.Type}/${host === undefined ? 'x' : host - port.PrivatePort}`;
    const open = ranges.find((range) => range.key === key && range.last === port.PrivatePort - 1);
    if (open) {
      open.last = port.PrivatePort;
      open.hostLast = host;
    } else ranges.push({ key, host: port.IP ?? '', type: port.Type, first: port.PrivatePort, last: port.PrivatePort, hostFirst: host, hostLast: host });
  }
  return ranges.map(rangeText).join(', ');
}

function rangeText({ host, type, first, last, hostFirst, hostLast }: PortRange): string {
  const inside = first === last ? `${first}` : `${first}-${last}`;
  if (hostFirst === undefined) return `${inside}/${type}`;
  const outside = hostFirst === hostLast ? `${hostFirst}` : `${hostFirst}-${hostLast}`;
  return `${host.includes(':') ? `[${host}]` : host}:${outside}->${inside}/${type}`;
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
