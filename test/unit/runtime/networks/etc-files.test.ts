import { describe, expect, it } from 'vitest';
import { hostsFile, parseExtraHost, parseResolvConf, resolvConf } from '../../../../src/runtime/networks/etc-files.ts';

describe('/etc/resolv.conf of a container', () => {
  const host = parseResolvConf('# comment\nnameserver 127.0.0.53\nnameserver 10.0.0.1 ; lan\nnameserver nonsense\ndomain old.example\nsearch a.example b.example\noptions rotate\noptions timeout:2\n');
  const write = (more: Partial<Parameters<typeof resolvConf>[0]>) =>
    resolvConf({ host, dns: [], dnsSearch: [], dnsOptions: [], embedded: false, ...more }).split('\n').slice(1, -1);

  it('reads the host’s file as the resolver library does', () => {
    expect(host).toEqual({ nameservers: ['127.0.0.53', '10.0.0.1'], search: ['a.example', 'b.example'], options: ['rotate', 'timeout:2'] });
  });
  it('leaves out servers that only the host can reach', () => {
    expect(write({})).toEqual(['nameserver 10.0.0.1', 'search a.example b.example', 'options rotate timeout:2']);
  });
  it('points to the embedded server, and asks it for every name unless told otherwise', () => {
    expect(write({ embedded: true, dns: ['9.9.9.9'] })).toEqual(['nameserver 127.0.0.11', 'search a.example b.example', 'options rotate timeout:2 ndots:0']);
    expect(write({ embedded: true, dnsOptions: ['ndots:3'] })).toEqual(['nameserver 127.0.0.11', 'search a.example b.example', 'options ndots:3']);
  });
  it('takes what the container was given', () => {
    expect(write({ dns: ['9.9.9.9'], dnsSearch: ['x.example'], dnsOptions: ['use-vc'] })).toEqual(['nameserver 9.9.9.9', 'search x.example', 'options use-vc']);
    expect(write({ dnsSearch: ['.'] })).toEqual(['nameserver 10.0.0.1', 'options rotate timeout:2']);
  });
  it('lets nobody write lines of his own', () => {
    expect(() => write({ dns: ['1.1.1.1\nnameserver 6.6.6.6'] })).toThrow('invalid IP address');
    expect(() => write({ dnsSearch: ['a\nnameserver 6.6.6.6'] })).toThrow('invalid DNS setting');
  });
});

describe('/etc/hosts of a container', () => {
  it('has its own name on every network, with its domain', () => {
    const endpoint = { networkId: 'n', networkName: 'n', endpointId: 'e', hostLink: 'h', link: 'eth0', mac: '', internal: false, dnsNames: [], settings: {} };
    const text = hostsFile({
      hostname: 'web',
      domainname: 'example.org',
      extraHosts: [],
      hostGateway: undefined,
      endpoints: [
        { ...endpoint, v4: { address: '172.18.0.2', prefixLength: 16, gateway: '' } },
        { ...endpoint, v4: { address: '172.19.0.2', prefixLength: 16, gateway: '' }, v6: { address: 'fd00::2', prefixLength: 64, gateway: '' } },
      ],
      hasIPv6: false,
    });
    expect(text).toBe('127.0.0.1\tlocalhost\n172.18.0.2\tweb.example.org web\n172.19.0.2\tweb.example.org web\nfd00::2\tweb.example.org web\n');
  });
  it.each([
    ['a:1.2.3.4', { name: 'a', address: '1.2.3.4' }],
    ['a=1.2.3.4', { name: 'a', address: '1.2.3.4' }],
    ['a:::1', { name: 'a', address: '::1' }],
    ['a=[fd00::1]', { name: 'a', address: 'fd00::1' }],
    ['gw:host-gateway', { name: 'gw', address: '172.17.0.1' }],
  ])('reads the extra host %s', (text, expected) => expect(parseExtraHost(text, '172.17.0.1')).toEqual(expected));
  it.each(['a', 'a:', ':1.2.3.4', 'a b:1.2.3.4', 'a:1.2.3.4 b', 'a:host'])('refuses the extra host %j', (text) => expect(() => parseExtraHost(text, undefined)).toThrow('bad format for add-host'));
});
