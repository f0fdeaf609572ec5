/** IPv4 and IPv6 addresses and subnets as numbers. Pure. */

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** `base` has no bits set below the prefix. */
export interface Subnet {
  readonly family: 4 | 6;
  readonly base: bigint;
  readonly length: number;
}

/** @returns undefined when the text is not an address; zones (`%eth0`) and leading zeros are refused */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value === undefined ? undefined : { family: 4, value };
  }
  const value = parseIpv6(text);
  return value === undefined ? undefined : { family: 6, value };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  let body = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const v4 = parseIpv4(dotted[2] ?? '');
    if (v4 === undefined) return undefined;
    body = `${dotted[1]}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return undefined;
  const head = halves[0] === '' ? [] : (halves[0] ?? '').split(':');
  const tail = halves.length === 1 || halves[1] === '' ? [] : (halves[1] ?? '').split(':');
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...new Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}

/** Canonical text; IPv6 as RFC 5952 wants it. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return [24n, 16n, 8n, 0n].map((shift) => Number((address.value >> shift) & 255n)).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => Number((address.value >> BigInt(16 * (7 - i))) & 0xffffn));
  let best = { at: -1, size: 1 };
  for (let i = 0; i < 8; i++) {
    let size = 0;
    while (i + size < 8 && groups[i + size] === 0) size++;
    if (size > best.size) best = { at: i, size };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.at < 0) return hex(groups);
  return `${hex(groups.slice(0, best.at))}::${hex(groups.slice(best.at + best.size))}`;
}

/** The address in network byte order: 4 or 16 bytes. */
export function addressBytes(address: Address): Buffer {
  const hex = address.value.toString(16).padStart(address.family === 4 ? 8 : 32, '0');
  return Buffer.from(hex, 'hex');
}

export function addressFromBytes(bytes: Uint8Array): Address {
  return { family: bytes.length === 4 ? 4 : 6, value: BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`) };
}

export function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

/** Number of addresses in a subnet. */
export function sizeOf(subnet: Subnet): bigint {
  return 1n << BigInt(bitsOf(subnet.family) - subnet.length);
}

/** The subnet of this length that holds the address. */
export function subnetOf(address: Address, length: number): Subnet {
  const host = BigInt(bitsOf(address.family) - length);
  return { family: address.family, base: (address.value >> host) << host, length };
}

/** Parses `a.b.c.d/n`; host bits are kept out of the result. @returns undefined when malformed; `exact` is false when host bits were set */
export function parseSubnet(text: string): { subnet: Subnet; exact: boolean } | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match ? parseAddress(match[1] ?? '') : undefined;
  const length = Number(match?.[2]);
  if (!address || length > bitsOf(address.family)) return undefined;
  const subnet = subnetOf(address, length);
  return { subnet, exact: subnet.base === address.value };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress({ family: subnet.family, value: subnet.base })}/${subnet.length}`;
}

export function contains(subnet: Subnet, address: Address): boolean {
  return subnet.family === address.family && subnetOf(address, subnet.length).base === subnet.base;
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  if (a.family !== b.family) return false;
  const length = Math.min(a.length, b.length);
  return subnetOf({ family: a.family, value: a.base }, length).base === subnetOf({ family: b.family, value: b.base }, length).base;
}
