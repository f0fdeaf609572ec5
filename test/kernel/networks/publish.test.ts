import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootNames } from '../../../src/runtime/networks/names.ts';
import { fetchText, openTestRoom, until } from './room.ts';
import type { TestRoom } from './room.ts';

/** An IPv4 address of the host that is not loopback. */
const hostAddress = Object.values(networkInterfaces())
  .flat()
  .find((each) => each?.family === 'IPv4' && !each.internal)?.address;

describe('published ports', () => {
  let test: TestRoom;
  let pages: string;

  beforeAll(async () => {
    pages = mkdtempSync(join(tmpdir(), 'tsnet-pages-'));
    writeFileSync(join(pages, 'index.html'), 'it works');
    test = await openTestRoom();
    await test.room.api.create({ Name: 'front' });
    await test.room.api.create({ Name: 'other' });
  });
  afterAll(async () => {
    expect(await test.close()).toEqual([]);
    rmSync(pages, { recursive: true });
  });

  const httpd = async (id: string) => {
    test.serve(id, ['busybox', 'httpd', '-f', '-p', '80', '-h', pages]);
    await until(() => test.run(id, ['busybox', 'wget', '-qO-', 'http://127.0.0.1/']).code === 0);
  };

  it('reach the container from loopback of both families, host addresses, other containers and itself', async () => {
    const web = await test.attach('web', { front: {} }, { portBindings: { '80/tcp': [{ HostPort: '' }] }, exposedPorts: ['80/tcp', '9/udp'] });
    await httpd(web.id);
    const port = web.ports['80/tcp']?.[0]?.HostPort ?? '';
    expect(web.ports).toEqual({ '80/tcp': [{ HostIp: '0.0.0.0', HostPort: port }, { HostIp: '::', HostPort: port }], '9/udp': null });
    expect(await fetchText(`http://127.0.0.1:${port}/`)).toBe('it works');
    expect(await fetchText(`http://[::1]:${port}/`)).toBe('it works');
    if (hostAddress) expect(await fetchText(`http://${hostAddress}:${port}/`)).toBe('it works');

    const gateway = web.endpoints['front']?.Gateway ?? '';
    const neighbour = await test.attach('neighbour', { front: {} });
    const stranger = await test.attach('stranger', { other: {} });
    for (const id of [web.id, neighbour.id, stranger.id]) {
      expect(test.run(id, ['busybox', 'wget', '-qO-', `http://${gateway}:${port}/`]).output).toBe('it works');
    }
    // Isolation: only the published way leads in.
    const own = web.endpoints['front']?.IPAddress ?? '';
    expect(test.run(neighbour.id, ['busybox', 'wget', '-qO-', `http://${own}/`]).output).toBe('it works');
    expect(test.run(stranger.id, ['curl', '-s', '-m', '1', `http://${own}/`]).code).toBe(28);

    await test.room.detach(web.id);
    expect(await fetchText(`http://127.0.0.1:${port}/`)).toBeUndefined();
  });

  it('do not make what listens on the host loopback reachable for containers', async () => {
    const server = createServer((socket) => socket.end('secret')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const curious = await test.attach('curious', { front: {} });
    const gateway = curious.endpoints['front']?.Gateway ?? '';
    test.run(curious.id, ['ip', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo']);
    test.run(curious.id, ['ip', 'route', 'add', '127.0.0.1/32', 'via', gateway]);
    test.run(curious.id, ['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1']);
    expect(test.run(curious.id, ['curl', '-s', '-m', '1', `http://127.0.0.1:${port}/`]).output).not.toContain('secret');
    server.close();
    await test.room.detach(curious.id);
  });

  it('lead IPv6 to containers that have it', async () => {
    await test.room.api.create({ Name: 'six', EnableIPv6: true });
    const web = await test.attach('web6', { six: {} }, { portBindings: { '80/tcp': [{ HostPort: '' }] } });
    test.serve(web.id, ['busybox', 'httpd', '-f', '-p', '80', '-h', pages]);
    const port = web.ports['80/tcp']?.[1]?.HostPort ?? '';
    await until(async () => (await fetchText(`http://[::1]:${port}/`)) === 'it works');
    const client = await test.attach('client6', { six: {} });
    for (const id of [client.id, web.id]) {
      expect(test.run(id, ['curl', '-s', '-m', '2', `http://[${web.endpoints['six']?.IPv6Gateway}]:${port}/`]).output).toBe('it works');
    }
    // Translated, not carried: the container sees who asks.
    expect(spawnSync('nft', ['list', 'map', 'inet', rootNames(test.layout.root).table, 'ports6'], { encoding: 'utf8' }).stdout).toContain(`tcp . ${port} : ${web.endpoints['six']?.GlobalIPv6Address} . 80`);
    for (const { id } of [web, client]) await test.room.detach(id);
  });

  it('of UDP follow to the next container under a sender that never pauses', async () => {
    const echo = (id: string, text: string) =>
      test.serve(id, [process.execPath, '-e', `const s = require('dgram').createSocket('udp4'); s.bind(53); s.on('message', (m, f) => s.send('${text}', f.port, f.address))`]);
    const client = createSocket('udp4');
    const answers: string[] = [];
    client.on('message', (message) => answers.push(String(message)));
    let port = 0;
    const sender = setInterval(() => port > 0 && client.send('?', port, '127.0.0.1'), 20);
    const one = await test.attach('udp-1', { front: {} }, { portBindings: { '53/udp': [{ HostPort: '' }] } });
    echo(one.id, 'one');
    port = Number(one.ports['53/udp']?.[0]?.HostPort);
    await until(() => answers.includes('one'));
    await test.room.detach(one.id);
    const taken = await test.attach('taker', { front: {} }); // the old address must not be the new one's by chance
    const two = await test.attach('udp-2', { front: {} }, { portBindings: { '53/udp': [{ HostPort: String(port) }] } });
    echo(two.id, 'two');
    await until(() => answers.includes('two'));
    // The listener on [::1] carries datagrams as well.
    const six = createSocket('udp6');
    const carried = new Promise((resolve) => six.once('message', (message) => resolve(String(message))));
    six.send('?', port, '::1');
    expect(await carried).toBe('two');
    clearInterval(sender);
    client.close();
    six.close();
    for (const { id } of [taken, two]) await test.room.detach(id);
  });

  it('say who has a port that is taken', async () => {
    const taken = createServer().listen(0, '0.0.0.0');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const publish = (name: string, HostPort: string) => test.attach(name, { front: {} }, { portBindings: { '80/tcp': [{ HostPort }] } });
    await expect(publish('late', String(port))).rejects.toThrow(new RegExp(`failed programming external connectivity on endpoint late .*0\\.0\\.0\\.0:${port}: bind: address already in use \\(by .*, pid ${process.pid}\\)$`));
    taken.close();
    const first = await publish('first', String(port));
    await expect(publish('second', String(port))).rejects.toThrow(`Bind for 0.0.0.0:${port} failed: port is already allocated (by container first)`);
    const ranged = await publish('ranged', `${port}-${port + 1}`);
    expect(ranged.ports['80/tcp']?.[0]?.HostPort).toBe(String(port + 1));
    for (const { id } of [first, ranged]) await test.room.detach(id);
  });
});
