import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/base/index.ts';
import type { NetworkCreateRequest } from '../../../../src/engine-api/index.ts';
import { parseSubnet } from '../../../../src/runtime/networks/address.ts';
import { builtInNetwork, planNetwork } from '../../../../src/runtime/networks/create.ts';
import type { CreateContext } from '../../../../src/runtime/networks/create.ts';
import { rootNames } from '../../../../src/runtime/networks/names.ts';
import type { NetworkRecord } from '../../../../src/runtime/networks/records.ts';

function context(options: { networks?: NetworkRecord[]; host?: string[] } = {}): CreateContext {
  return {
    id: 'abcdef0123456789'.repeat(4),
    now: new Date('2024-05-06T07:08:09Z'),
    names: rootNames('/var/lib/test'),
    networks: options.networks ?? [],
    hostSubnets: () => (options.host ?? []).flatMap((text) => parseSubnet(text)?.subnet ?? []),
    seed: 'machine',
  };
}
const plan = (body: Partial<NetworkCreateRequest>, options: Parameters<typeof context>[0] = {}) => planNetwork({ Name: 'demo', ...body }, context(options));
const refusal = (body: Partial<NetworkCreateRequest>, options: Parameters<typeof context>[0] = {}): string => {
  try {
    plan(body, options);
  } catch (error) {
    return error instanceof EngineError ? `${error.kind}: ${error.message}` : String(error);
  }
  return 'accepted';
};

describe('a new network', () => {
  it('takes the first default pool that touches nothing of the host and no other network', () => {
    expect(plan({}).pools).toEqual([{ subnet: '172.17.0.0/16', gateway: '172.17.0.1', isConfigured: false }]);
    const first = builtInNetwork('bridge', context());
    expect(plan({}, { networks: [first], host: ['172.18.3.0/24', '172.19.0.0/16'] }).pools[0]?.subnet).toBe('172.20.0.0/16');
    const all172 = Array.from({ length: 15 }, (_, i) => `172.${17 + i}.0.0/16`);
    expect(plan({}, { host: all172 }).pools[0]).toMatchObject({ subnet: '192.168.0.0/20', gateway: '192.168.0.1' });
    expect(refusal({}, { host: ['172.16.0.0/12', '192.168.0.0/16'] })).toBe('forbidden: all predefined address pools have been fully subnetted');
  });

  it('keeps what the user configures, and adds the other family by itself', () => {
    const { pools } = plan({ EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:1::/64', Gateway: 'fd00:1::5' }] } });
    expect(pools).toEqual([
      { subnet: 'fd00:1::/64', gateway: 'fd00:1::5', isConfigured: true },
      { subnet: '172.17.0.0/16', gateway: '172.17.0.1', isConfigured: false },
    ]);
    const automatic = plan({ EnableIPv6: true }).pools[1];
    expect(automatic?.subnet).toMatch(/^fd[0-9a-f:]+\/64$/);
    expect(plan({ EnableIPv6: true }).pools[1]).toEqual(automatic); // stable
    expect(plan({ EnableIPv4: false, EnableIPv6: true }).pools).toHaveLength(1);
  });

  it('has a bridge named after the state root and itself', () => {
    expect(plan({}).bridge).toMatch(/^tsb[0-9a-z]{5}abcdef0$/);
    expect(plan({ Options: { 'com.docker.network.bridge.name': 'br-demo' } }).bridge).toBe('br-demo');
  });

  it.each<[Partial<NetworkCreateRequest>, string]>([
    [{ Name: '  ' }, 'invalid: invalid name: '],
    [{ Name: 'bridge' }, 'forbidden: operation is not permitted on predefined bridge network'],
    [{ Driver: 'foo' }, 'notFound: plugin "foo" not found'],
    [{ Driver: 'host' }, 'forbidden: only one instance of "host" network is allowed'],
    [{ Driver: 'macvlan' }, 'notImplemented: network driver "macvlan" is not supported: only bridge is'],
    [{ IPAM: { Driver: 'foo' } }, 'notFound: plugin "foo" not found'],
    [{ IPAM: { Config: [{ Subnet: '300.1.1.1/24' }] } }, 'invalid: invalid network config:\ninvalid subnet 300.1.1.1/24: invalid CIDR block notation'],
    [{ IPAM: { Config: [{ Subnet: '10.77.0.5/24' }] } }, 'invalid: invalid network config:\ninvalid subnet 10.77.0.5/24: it should be 10.77.0.0/24'],
    [{ IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.78.0.1' }] } }, 'invalid: invalid network config:\ninvalid gateway 10.78.0.1: parent subnet is 10.77.0.0/24'],
    [{ IPAM: { Config: [{ Subnet: '10.77.0.0/24', IPRange: '10.81.0.0/25' }] } }, 'invalid: invalid network config:\ninvalid ip-range 10.81.0.0/25: parent subnet is an invalid or smaller subnet 10.77.0.0/24'],
    [{ IPAM: { Config: [{ Subnet: '10.84.0.0/24' }, { Subnet: '10.85.0.0/24' }] } }, "invalid: bridge driver doesn't support multiple subnets"],
    [{ Options: { 'com.docker.network.driver.mtu': 'abc' } }, 'invalid: failed to parse com.docker.network.driver.mtu value: abc (strconv.Atoi: parsing "abc": invalid syntax)'],
    [{ Options: { 'com.docker.network.bridge.name': 'waytoolonginterfacename' } }, 'invalid: invalid interface name "waytoolonginterfacename": at most 15 letters, digits, "_", "." and "-"'],
    [{ Options: { 'com.docker.network.bridge.name': 'x"; drop' } }, 'invalid: invalid interface name "x\\"; drop": at most 15 letters, digits, "_", "." and "-"'],
  ])('is refused: %j', (body, message) => expect(refusal(body)).toBe(message));

  it('is refused when its name or subnet is another network’s', () => {
    const other = plan({ IPAM: { Config: [{ Subnet: '10.1.0.0/16' }] } });
    expect(refusal({}, { networks: [other] })).toBe('conflict: network with name demo already exists');
    expect(refusal({ Name: 'two', IPAM: { Config: [{ Subnet: '10.1.2.0/24' }] } }, { networks: [{ ...other, bridge: 'x' }] })).toBe(
      'forbidden: Pool overlaps with other one on this address space: network demo has 10.1.0.0/16',
    );
  });
});
