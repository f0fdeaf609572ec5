import { describe, expect, it } from 'vitest';
import type { PortMap } from '../../../../src/engine-api/index.ts';
import { findClash, firewallPorts, parsePortKey, planPorts, wirePorts } from '../../../../src/runtime/networks/ports.ts';
import type { EndpointRecord, PortRecord, SandboxRecord } from '../../../../src/runtime/networks/records.ts';

const endpoint: EndpointRecord = {
  networkId: 'n',
  networkName: 'n',
  endpointId: 'e',
  hostLink: 'h',
  link: 'eth0',
  mac: '',
  v4: { address: '172.18.0.2', prefixLength: 16, gateway: '172.18.0.1' },
  internal: false,
  dnsNames: [],
  settings: {},
};
const plan = (portBindings: PortMap, more: Partial<Parameters<typeof planPorts>[1]> = {}, endpoints = [endpoint]) =>
  planPorts(endpoints, { portBindings, exposedPorts: [], publishAllPorts: false, hostBinding: undefined, hostHasIPv6: true, ephemeral: { from: 32768, to: 60999 }, ...more });
const holder = (ports: PortRecord[]): SandboxRecord => ({
  version: 1,
  containerId: 'c',
  name: 'other',
  netns: '',
  request: {} as SandboxRecord['request'],
  endpoints: [endpoint],
  ports: ports.map((port) => ({ ...port, hostPort: port.from })),
  dns: false,
  upstream: [],
  links: {},
});

describe('published ports', () => {
  it('are bound everywhere, at one address, in a range, or wherever there is room', () => {
    expect(plan({ '80/tcp': [{ HostPort: '8080' }, { HostIp: '127.0.0.1', HostPort: '9000-9005' }], '53/udp': [{ HostIp: '[::1]', HostPort: '' }] })).toEqual([
      { protocol: 'tcp', containerPort: 80, hostAddresses: ['0.0.0.0', '::'], from: 8080, to: 8080, target4: '172.18.0.2' },
      { protocol: 'tcp', containerPort: 80, hostAddresses: ['127.0.0.1'], from: 9000, to: 9005, target4: '172.18.0.2' },
      { protocol: 'udp', containerPort: 53, hostAddresses: ['::1'], from: 32768, to: 60999, target4: '172.18.0.2' },
    ]);
    expect(plan({ '80/tcp': [{}] }, { hostBinding: '10.0.0.1' })[0]?.hostAddresses).toEqual(['10.0.0.1']);
    expect(plan({ '80/tcp': [{}] }, { hostHasIPv6: false })[0]?.hostAddresses).toEqual(['0.0.0.0']);
  });
  it('include all exposed ones when asked, and none without a way in', () => {
    expect(plan({ '80/tcp': [{ HostPort: '80' }] }, { publishAllPorts: true, exposedPorts: ['80/tcp', '443/tcp'] }).map(({ containerPort, from }) => [containerPort, from])).toEqual([
      [80, 80],
      [443, 32768],
    ]);
    expect(plan({ '80/tcp': [{}] }, {}, [{ ...endpoint, v4: { address: '172.18.0.2', prefixLength: 16, gateway: '' }, internal: true }])).toEqual([]);
  });
  it.each(['0/tcp', '65536', 'x', '80/foo', '80-81/tcp'])('refuse the container port %s', (key) => expect(() => parsePortKey(key)).toThrow('invalid port specification'));
  it.each(['70000', '10-5', 'x', '1-2-3'])('refuse the host port %s', (HostPort) => expect(() => plan({ '80/tcp': [{ HostPort }] })).toThrow('invalid port specification'));
  it('refuse a host address that is none', () => expect(() => plan({ '80/tcp': [{ HostIp: 'eth0' }] })).toThrow('invalid host address'));

  it('clash by protocol, number and address', () => {
    const at = (HostIp: string, HostPort: string, key = '80/tcp') => plan({ [key]: [{ HostIp, HostPort }] });
    const others = [holder(at('127.0.0.1', '8080'))];
    expect(findClash(at('', '8080'), others)).toEqual({ address: '0.0.0.0', port: 8080, holder: 'other' });
    expect(findClash(at('127.0.0.1', '8080'), others)?.holder).toBe('other');
    expect(findClash(at('127.0.0.2', '8080'), others)).toBeUndefined();
    expect(findClash(at('::1', '8080'), others)).toBeUndefined();
    expect(findClash(at('', '8080', '80/udp'), others)).toBeUndefined();
    expect(findClash(at('', '8000-9000'), others)).toBeUndefined(); // a range finds its own way
    expect(findClash(plan({ '80/tcp': [{ HostPort: '1' }], '81/tcp': [{ HostPort: '1' }] }), [])).toEqual({ address: '0.0.0.0', port: 1, holder: undefined });
  });

  it('are translated within their family; the rest is carried by a listener', () => {
    expect(firewallPorts([holder(plan({ '80/tcp': [{ HostPort: '8080' }] }))])).toEqual([{ protocol: 'tcp', hostAddress: '0.0.0.0', hostPort: 8080, address: '172.18.0.2', port: 80 }]);
  });

  it('appear in inspect at each address, exposed ones with null', () => {
    const [record] = plan({ '80/tcp': [{ HostPort: '8080' }] });
    expect(wirePorts(record ? [{ ...record, hostPort: 8080 }] : [], ['80/tcp', '443/tcp'])).toEqual({
      '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }, { HostIp: '::', HostPort: '8080' }],
      '443/tcp': null,
    });
  });
});
