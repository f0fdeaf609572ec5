import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOf, contains, formatAddress, formatSubnet, overlaps, parseAddress, parseSubnet, sizeOf, subnetOf } from '../../../src/runtime/networks/address.ts';
import type { Address, Subnet } from '../../../src/runtime/networks/address.ts';
import { chooseAddress, chooseGateway, choosePool, defaultIpv4Pools, refusalOf } from '../../../src/runtime/networks/ipam.ts';
import type { Pool } from '../../../src/runtime/networks/ipam.ts';

const address: fc.Arbitrary<Address> = fc.oneof(
  fc.bigInt(0n, (1n << 32n) - 1n).map((value) => ({ family: 4 as const, value })),
  fc.bigInt(0n, (1n << 128n) - 1n).map((value) => ({ family: 6 as const, value })),
);
const subnet = (minimum: number): fc.Arbitrary<Subnet> => address.chain((each) => fc.integer({ min: minimum, max: bitsOf(each.family) }).map((length) => subnetOf(each, length)));

describe('addresses', () => {
  it('survive printing and parsing', () => {
    fc.assert(fc.property(address, (each) => { expect(parseAddress(formatAddress(each))).toEqual(each); }));
    fc.assert(fc.property(subnet(0), (each) => { expect(parseSubnet(formatSubnet(each))).toEqual({ subnet: each, exact: true }); }));
  });
  it('overlap exactly when one subnet holds the other’s base', () => {
    fc.assert(
      fc.property(subnet(0), subnet(0), (a, b) => {
        const holds = contains(a, { family: b.family, value: b.base }) || contains(b, { family: a.family, value: a.base });
        expect(overlaps(a, b)).toBe(holds);
      }),
    );
  });
});

describe('leases', () => {
  // Small pools, so that they run out.
  const pool = address
    .chain((each) => fc.integer({ min: bitsOf(each.family) - 5, max: bitsOf(each.family) }).map((length) => subnetOf(each, length)))
    .chain((whole) => fc.record({ whole: fc.constant(whole), narrower: fc.integer({ min: 0, max: bitsOf(whole.family) - whole.length }), at: fc.nat(31) }))
    .map(({ whole, narrower, at }): Pool => {
      const range = narrower === 0 ? undefined : subnetOf({ family: whole.family, value: whole.base + (BigInt(at) % sizeOf(whole)) }, whole.length + narrower);
      const gateway = chooseGateway(whole, range, []);
      return { subnet: whole, range, reserved: gateway ? [gateway] : [] };
    });

  it('are never given twice, never reserved, always inside, until the pool is used up', () => {
    fc.assert(
      fc.property(pool, fc.array(fc.nat(40), { maxLength: 60 }), (each, releases) => {
        const taken = new Set<bigint>();
        for (const release of releases) {
          const next = chooseAddress(each, taken);
          if (next) {
            expect(taken.has(next.value)).toBe(false);
            expect(refusalOf([each], next, taken)).toBeUndefined();
            expect(contains(each.range ?? each.subnet, next)).toBe(true);
            taken.add(next.value);
          }
          const victim = [...taken][release];
          if (victim !== undefined) taken.delete(victim);
        }
      }),
    );
  });

  it('come from pools that overlap nothing in use', () => {
    fc.assert(
      fc.property(fc.array(subnet(8), { maxLength: 20 }), (used) => {
        const chosen = choosePool(defaultIpv4Pools(), used);
        if (chosen) expect(used.some((other) => overlaps(other, chosen))).toBe(false);
        else for (const candidate of defaultIpv4Pools()) expect(used.some((other) => overlaps(other, candidate))).toBe(true);
      }),
    );
  });
});
