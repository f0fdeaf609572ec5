import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it('say who has a port that is taken', async () => {
    const taken = createServer().listen(0, '0.0.0.0');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const publish = (name: string, HostPort: string) => test.attach(name, { front: {} }, { portBindings: { '80/tcp': [{ HostPort }] } });
    await expect(publish('late', String(port))).rejects.toThrow(new RegExp(`failed programming external connectivity on endpoint late .*0\\.0\\.0\\.0:${port}: bind: address already in use`));
    taken.close();
    const first = await publish('first', String(port));
    await expect(publish('second', String(port))).rejects.toThrow(`Bind for 0.0.0.0:${port} failed: port is already allocated (by container first)`);
    const ranged = await publish('ranged', `${port}-${port + 1}`);
    expect(ranged.ports['80/tcp']?.[0]?.HostPort).toBe(String(port + 1));
    for (const { id } of [first, ranged]) await test.room.detach(id);
  });
});
