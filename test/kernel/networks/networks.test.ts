import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, readFileSync, readdirSync, unlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/base/index.ts';
import { openNetns, pinNetns } from '../../../src/runtime/host/netns.ts';
import { rootNames } from '../../../src/runtime/networks/names.ts';
import { sandboxDirectory, sandboxFile } from '../../../src/runtime/networks/records.ts';
import { openTestRoom } from './room.ts';
import type { TestRoom } from './room.ts';

const kind = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', (error: unknown) => (error instanceof EngineError ? error.kind : String(error)));

describe('networks', () => {
  let test: TestRoom;
  const ping = (id: string, address: string): boolean => test.run(id, ['busybox', address.includes(':') ? 'ping6' : 'ping', '-c1', '-W1', address]).code === 0;

  beforeAll(async () => {
    test = await openTestRoom();
  });
  afterAll(async () => {
    expect(await test.close()).toEqual([]);
  });

  it('are there from the start, three of them, and cannot be removed', async () => {
    const builtIn = await test.room.api.list({ type: ['builtin'] });
    expect(builtIn.map(({ Name, Driver }) => [Name, Driver]).sort()).toEqual([['bridge', 'bridge'], ['host', 'host'], ['none', 'null']]);
    await test.reopen();
    expect((await test.room.api.list()).map(({ Id }) => Id).sort()).toEqual(builtIn.map(({ Id }) => Id).sort());
    expect(await kind(test.room.api.remove('bridge'))).toBe('forbidden');
    await expect(test.room.api.create({ Name: 'host' })).rejects.toThrow('operation is not permitted on predefined host network');
  });

  it('give static addresses, addresses of a range, aliases and MACs, and say what is wrong with a request', async () => {
    await test.room.api.create({ Name: 'fixed', IPAM: { Config: [{ Subnet: '10.213.0.0/24', IPRange: '10.213.0.128/30', Gateway: '10.213.0.1', AuxiliaryAddresses: { router: '10.213.0.128' } }] } });
    const asked = await test.attach('asked', { fixed: { IPAMConfig: { IPv4Address: '10.213.0.7' }, MacAddress: '02:42:00:00:00:07' } });
    expect(asked.endpoints['fixed']).toMatchObject({ IPAddress: '10.213.0.7', IPPrefixLen: 24, Gateway: '10.213.0.1', MacAddress: '02:42:00:00:00:07' });
    expect(test.run(asked.id, ['cat', '/sys/class/net/eth0/address']).code).not.toBeNull();
    expect(test.run(asked.id, ['ip', '-o', '-4', 'addr', 'show', 'eth0']).output).toContain('inet 10.213.0.7/24 brd 10.213.0.255');
    expect(test.run(asked.id, ['ip', 'link', 'show', 'eth0']).output).toContain('02:42:00:00:00:07');
    const ranged = await Promise.all([1, 2, 3].map((n) => test.attach(`ranged-${n}`, { fixed: {} })));
    expect(ranged.map(({ endpoints }) => endpoints['fixed']?.IPAddress).sort()).toEqual(['10.213.0.129', '10.213.0.130', '10.213.0.131']);
    await expect(test.attach('fourth', { fixed: {} })).rejects.toThrow("no available IPv4 addresses on this network's address pools: fixed (");
    const ask = (IPv4Address: string) => test.attach('rival', { fixed: { IPAMConfig: { IPv4Address } } });
    await expect(ask('10.213.0.7')).rejects.toThrow('Address already in use');
    await expect(ask('10.213.0.1')).rejects.toThrow('Address already in use');
    await expect(ask('10.99.0.1')).rejects.toThrow('no configured subnet or ip-range contain the IP address 10.99.0.1');
    await expect(test.attach('rival', { bridge: { IPAMConfig: { IPv4Address: '172.17.0.9' } } })).rejects.toThrow('user specified IP address is supported on user defined networks only');
    expect(await kind(test.attach('rival', { nowhere: {} }))).toBe('notFound');
    const { Containers } = await test.room.api.inspect('fixed');
    expect(Object.values(Containers).map(({ Name }) => Name).sort()).toEqual(['asked', 'ranged-1', 'ranged-2', 'ranged-3']);
    await expect(test.room.api.remove('fixed')).rejects.toThrow(/^error while removing network: network fixed id [0-9a-f]{64} has active endpoints/);
    for (const { id } of [asked, ...ranged]) await test.room.detach(id);
    await test.room.api.remove('fixed');
    expect(await kind(test.room.api.inspect('fixed'))).toBe('notFound');
  });

  it('speak IPv6 with a subnet of their own choice or of the user, isolated like IPv4', async () => {
    await test.room.api.create({ Name: 'six', EnableIPv6: true });
    await test.room.api.create({ Name: 'mine', EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd77:1:2:3::/64' }] } });
    const one = await test.attach('one', { six: {} });
    const two = await test.attach('two', { six: {} });
    const far = await test.attach('far', { mine: { IPAMConfig: { IPv6Address: 'fd77:1:2:3::42' } } });
    expect(one.endpoints['six']?.GlobalIPv6Address).toMatch(/^fd/);
    expect(far.endpoints['mine']).toMatchObject({ GlobalIPv6Address: 'fd77:1:2:3::42', GlobalIPv6PrefixLen: 64, IPv6Gateway: 'fd77:1:2:3::1' });
    expect(ping(one.id, two.endpoints['six']?.GlobalIPv6Address ?? '')).toBe(true);
    expect(ping(far.id, 'fd77:1:2:3::1')).toBe(true);
    expect(ping(one.id, 'fd77:1:2:3::42')).toBe(false);
    expect(one.hosts).toContain(`${one.endpoints['six']?.GlobalIPv6Address}\t${one.id.slice(0, 12)}`);
    for (const { id } of [one, two, far]) await test.room.detach(id);
  });

  it('keep internal networks from the outside, and from each other', async () => {
    await test.room.api.create({ Name: 'inner', Internal: true });
    await test.room.api.create({ Name: 'outer' });
    const locked = await test.attach('locked', { inner: {} }, { portBindings: { '80/tcp': [{ HostPort: '' }] } });
    const friend = await test.attach('friend', { inner: {} });
    const stranger = await test.attach('stranger', { outer: {} });
    expect(locked.endpoints['inner']?.Gateway).toBe('');
    expect(locked.ports).toEqual({});
    expect(ping(locked.id, friend.endpoints['inner']?.IPAddress ?? '')).toBe(true);
    // Even with a route of its own making it stays in.
    test.run(locked.id, ['ip', 'route', 'add', 'default', 'via', (await test.room.api.inspect('inner')).IPAM.Config?.[0]?.Gateway ?? '']);
    expect(ping(locked.id, stranger.endpoints['outer']?.IPAddress ?? '')).toBe(false);
    expect(ping(stranger.id, locked.endpoints['inner']?.IPAddress ?? '')).toBe(false);
    for (const { id } of [locked, friend, stranger]) await test.room.detach(id);
  });

  it('can be joined and left by a running container, whose default route and names follow', async () => {
    await test.room.api.create({ Name: 'first' });
    await test.room.api.create({ Name: 'second', Options: { 'com.docker.network.driver.mtu': '1300' } });
    const box = await test.attach('box', { first: {} });
    await test.room.api.connect('second', { Container: 'box', EndpointConfig: { Aliases: ['extra'], GwPriority: 5 } });
    const endpoints = test.room.endpointsOf(box.id) ?? {};
    expect(Object.keys(endpoints)).toEqual(['first', 'second']);
    expect(endpoints['second']?.DNSNames).toEqual(['box', 'extra', box.id.slice(0, 12)]);
    expect(test.run(box.id, ['ip', 'link', 'show', 'eth1']).output).toContain('mtu 1300');
    expect(test.run(box.id, ['ip', 'route', 'show', 'default']).output).toContain(`via ${endpoints['second']?.Gateway} dev eth1`);
    await expect(test.room.api.connect('second', { Container: 'box' })).rejects.toThrow('endpoint with name box already exists in network second');
    await test.room.api.disconnect('second', { Container: 'box' });
    expect(test.run(box.id, ['ip', 'route', 'show', 'default']).output).toContain(`via ${endpoints['first']?.Gateway} dev eth0`);
    expect(test.run(box.id, ['ip', 'link', 'show', 'eth1']).code).not.toBe(0);
    await expect(test.room.api.disconnect('second', { Container: 'box' })).rejects.toThrow('is not connected to network second');
    expect(await kind(test.room.api.connect('host', { Container: 'box' }))).toBe('forbidden');
    expect(test.events.filter((event) => event.type === 'network' && event.action === 'disconnect')).not.toHaveLength(0);
    await test.room.detach(box.id);
  });

  it('separate their own containers when inter-container communication is off', async () => {
    await test.room.api.create({ Name: 'quiet', Options: { 'com.docker.network.bridge.enable_icc': 'false' } });
    const [one, two] = await Promise.all([test.attach('one', { quiet: {} }), test.attach('two', { quiet: {} })]);
    expect(ping(one.id, two.endpoints['quiet']?.IPAddress ?? '')).toBe(false);
    expect(ping(one.id, one.endpoints['quiet']?.Gateway ?? '')).toBe(true);
    for (const { id } of [one, two]) await test.room.detach(id);
  });

  it('give a container without networks a loopback and nothing else', async () => {
    const none = await test.attach('none', {}, { mode: 'none' });
    expect(test.run(none.id, ['ip', '-o', 'link']).output.split('\n').filter((line) => line.includes('state U'))).toHaveLength(1);
    expect(Object.keys(none.endpoints)).toEqual(['none']);
    expect(ping(none.id, '127.0.0.1')).toBe(true);
    await test.room.detach(none.id);
  });

  it('write legacy links of the default bridge, extra hosts and the host gateway into the hosts file', async () => {
    const db = await test.attach('db', { bridge: {} });
    const app = await test.attach('app', { bridge: {} }, { links: ['db:database'], extraHosts: ['a:1.2.3.4', 'v6=[2001:db8::1]', 'host.docker.internal:host-gateway'] });
    const own = app.endpoints['bridge'];
    expect(app.hosts.split('\n').slice(6)).toEqual([
      '1.2.3.4\ta',
      '2001:db8::1\tv6',
      `${own?.Gateway}\thost.docker.internal`,
      `${db.endpoints['bridge']?.IPAddress}\tdatabase ${db.id.slice(0, 12)} db`,
      `${own?.IPAddress}\t${app.id.slice(0, 12)}`,
      '',
    ]);
    expect(own?.DNSNames).toBeNull();
    await expect(test.attach('bad', { bridge: {} }, { extraHosts: ['a:1.2.3.4\n6.6.6.6\tbank'] })).rejects.toThrow('bad format for add-host');
    for (const { id } of [db, app]) await test.room.detach(id);
  });

  it('of two engines on one host keep out of each other’s way', async () => {
    // Both choose a subnet while neither has a bridge, so nearly always the same one.
    const [one, two] = [await openTestRoom(), await openTestRoom()];
    const gateway = (room: TestRoom, id: string) => room.run(id, ['busybox', 'ping', '-c1', '-W1', room.room.endpointsOf(id)?.['bridge']?.Gateway ?? '']).code;
    const [here, there] = [await one.attach('here', { bridge: {} }), await two.attach('there', { bridge: {} })];
    expect(here.endpoints['bridge']?.Gateway).not.toBe(there.endpoints['bridge']?.Gateway);
    expect([gateway(one, here.id), gateway(two, there.id)]).toEqual([0, 0]);
    expect(ping(here.id, there.endpoints['bridge']?.IPAddress ?? '')).toBe(false);
    expect([await one.close(), await two.close()]).toEqual([[], []]);
  });

  it('are swept after a crash: what no running container owns goes, what one owns stays and works', async () => {
    await test.room.api.create({ Name: 'kept' });
    const alive = await test.attach('alive', { kept: {} });
    const dead = await test.attach('dead', { kept: {} });
    const lost = await test.attach('lost', { kept: {} });
    unlinkSync(sandboxFile(sandboxDirectory(test.layout), lost.id)); // the crash came before the record
    const namespace = openNetns(() => {});
    pinNetns(namespace.fd, test.layout.netns('f'.repeat(64)));
    closeSync(namespace.fd);
    spawnSync('ip', ['link', 'add', `${rootNames(test.layout.root).bridgePrefix}stale`, 'type', 'bridge']);
    await test.reopen();
    await test.room.reconcile(new Set([alive.id]));
    expect(readdirSync(test.layout.netnsDir)).toEqual([alive.id.slice(0, 12)]);
    expect(Object.values((await test.room.api.inspect('kept')).Containers).map(({ Name }) => Name)).toEqual(['alive']);
    expect(test.room.endpointsOf(dead.id)).toBeUndefined();
    expect(spawnSync('ip', ['-o', 'link'], { encoding: 'utf8' }).stdout).not.toContain('stale');
    expect(ping(alive.id, alive.endpoints['kept']?.Gateway ?? '')).toBe(true);
    const next = await test.attach('next', { kept: {} });
    expect(ping(next.id, alive.endpoints['kept']?.IPAddress ?? '')).toBe(true);
    expect(next.endpoints['kept']?.IPAddress).toBe(dead.endpoints['kept']?.IPAddress);
    for (const { id } of [alive, next]) await test.room.detach(id);
    await test.room.detach(alive.id); // again: nothing to do
    expect(existsSync(test.layout.netns(alive.id))).toBe(false);
  });

  it('are pruned when nobody uses them', async () => {
    await test.room.api.create({ Name: 'busy', Labels: { keep: 'yes' } });
    const user = await test.attach('user', { busy: {} });
    const { NetworksDeleted } = await test.room.api.prune();
    expect(NetworksDeleted).not.toContain('busy');
    expect(NetworksDeleted).toContain('kept');
    await test.room.detach(user.id);
    expect(await test.room.api.prune({ 'label!': ['keep'] })).toEqual({ SpaceReclaimed: 0, NetworksDeleted: null });
    expect((await test.room.api.prune({ label: ['keep=yes'] })).NetworksDeleted).toEqual(['busy']);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(test.layout.run);
  });
});
