/** Which subnet a network gets, and which address an endpoint gets. Pure. */
import { createHash } from 'node:crypto';
import { contains, overlaps, sizeOf } from './address.ts';
import type { Address, Subnet } from './address.ts';

/** A subnet that a network owns. */
export interface Pool {
  readonly subnet: Subnet;
  /** Addresses are chosen from here only; they may be asked for from all of `subnet`. */
  readonly range: Subnet | undefined;
  /** Addresses that are never given to an endpoint: the gateway and the auxiliary ones. */
  readonly reserved: readonly Address[];
}

/** As dockerd's: 172.17.0.0/16 … 172.31.0.0/16, then 192.168.0.0/20 … 192.168.240.0/20. */
export function* defaultIpv4Pools(): Generator<Subnet> {
  for (let second = 17n; second <= 31n; second++) yield { family: 4, base: (172n << 24n) | (second << 16n), length: 16 };
  for (let third = 0n; third < 256n; third += 16n) yield { family: 4, base: (192n << 24n) | (168n << 16n) | (third << 8n), length: 20 };
}

/**
 * The /64s of one /48 of unique local addresses, chosen by a hash: stable for a machine and a state root, different between them.
 * @see RFC 4193, section 3.2
 */
export function* defaultIpv6Pools(seed: string): Generator<Subnet> {
  const random = BigInt(`0x${createHash('sha256').update(seed).digest('hex').slice(0, 10)}`);
  const site = (0xfdn << 120n) | (random << 80n);
  for (let network = 0n; network < 65536n; network++) yield { family: 6, base: site | (network << 64n), length: 64 };
}

/** The first candidate that overlaps nothing in use. */
export function choosePool(candidates: Iterable<Subnet>, inUse: readonly Subnet[]): Subnet | undefined {
  for (const candidate of candidates) {
    if (!inUse.some((used) => overlaps(used, candidate))) return candidate;
  }
  return undefined;
}

/**
 * The lowest free address of a pool. The first and (IPv4) the last address of the subnet are never given, as dockerd has it;
 * a /31 and a /32 have none to spare for that.
 */
export function chooseAddress(pool: Pool, taken: ReadonlySet<bigint>): Address | undefined {
  const within = pool.range ?? pool.subnet;
  const reserved = new Set(pool.reserved.map((address) => address.value));
  const end = within.base + sizeOf(within);
  for (let value = within.base; value < end; value++) {
    if (taken.has(value) || reserved.has(value) || isUnusable(pool.subnet, value)) continue;
    return { family: within.family, value };
  }
  return undefined;
}

/** The gateway of a pool that was given none: the first usable address of its range. */
export function chooseGateway(subnet: Subnet, range: Subnet | undefined, auxiliary: readonly Address[]): Address | undefined {
  return chooseAddress({ subnet, range, reserved: auxiliary }, new Set());
}

function isUnusable(subnet: Subnet, value: bigint): boolean {
  const size = sizeOf(subnet);
  if (size <= 2n) return false;
  return value === subnet.base || (subnet.family === 4 && value === subnet.base + size - 1n);
}

/** Why an address that was asked for cannot be had, or undefined when it can. */
export function refusalOf(pools: readonly Pool[], address: Address, taken: ReadonlySet<bigint>): 'outside' | 'taken' | undefined {
  const pool = pools.find((candidate) => contains(candidate.subnet, address));
  if (!pool) return 'outside';
  const isReserved = pool.reserved.some((reserved) => reserved.value === address.value);
  return isReserved || taken.has(address.value) || isUnusable(pool.subnet, address.value) ? 'taken' : undefined;
}

/** `02:42` and the IPv4 address, as dockerd makes it: an address that comes back has the same neighbour entry. Otherwise from a hash. */
export function macFor(address: Address | undefined, endpointId: string): string {
  const tail =
    address?.family === 4 ? address.value.toString(16).padStart(8, '0') : createHash('sha256').update(endpointId).digest('hex').slice(0, 8);
  return `02:42:${(tail.match(/../g) ?? []).join(':')}`;
}
