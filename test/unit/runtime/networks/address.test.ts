import { describe, expect, it } from 'vitest';
import { addressBytes, formatAddress, formatSubnet, overlaps, parseAddress, parseSubnet } from '../../../../src/runtime/networks/address.ts';
import type { Subnet } from '../../../../src/runtime/networks/address.ts';

const canonical = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address && formatAddress(address);
};
const subnet = (text: string): Subnet => {
  const parsed = parseSubnet(text);
  if (!parsed) throw new Error(text);
  return parsed.subnet;
};

describe('addresses', () => {
  it.each([
    ['172.17.0.1', '172.17.0.1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['1:0:2:0:0:3:0:0', '1:0:2::3:0:0'],
  ])('prints %s as %s', (text, expected) => expect(canonical(text)).toBe(expected));

  it.each(['1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', '1::2::3', '12345::', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'fe80::1%eth0', '', 'host', '1.2.3.4\n'])(
    'refuses %j',
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );

  it('gives bytes in network order', () => {
    const address = parseAddress('172.17.0.2');
    expect(address && [...addressBytes(address)]).toEqual([172, 17, 0, 2]);
  });

  it('tells whether host bits are set in a subnet', () => {
    expect(parseSubnet('10.0.0.5/24')?.exact).toBe(false);
    expect(formatSubnet(subnet('10.0.0.5/24'))).toBe('10.0.0.0/24');
    for (const text of ['10.0.0.0/33', '10.0.0.0', 'fd00::/129', '/8', '10.0.0.0/-1']) expect(parseSubnet(text)).toBeUndefined();
  });

  it('sees overlaps in both directions, and none across families', () => {
    expect(overlaps(subnet('10.0.0.0/8'), subnet('10.5.0.0/16'))).toBe(true);
    expect(overlaps(subnet('10.5.0.0/16'), subnet('10.0.0.0/8'))).toBe(true);
    expect(overlaps(subnet('10.5.0.0/16'), subnet('10.6.0.0/16'))).toBe(false);
    expect(overlaps(subnet('0.0.0.0/0'), subnet('::/0'))).toBe(false);
  });
});
