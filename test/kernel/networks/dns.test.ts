import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalPid } from '../../support/signal.ts';
import { openTestRoom, until } from './room.ts';
import type { TestRoom } from './room.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const CLIENT = join(HERE, 'dns-client.mjs');

/** A server outside, as a process: the tests wait synchronously. */
async function outsideServer(address: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(HERE, 'outside-server.mjs'), address], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve);
    child.once('exit', () => reject(new Error(`no server at ${address}`)));
  });
  return child;
}

describe('names', () => {
  let test: TestRoom;
  let scratch: string;
  let hostServer: ChildProcess;
  const lookup = (id: string, method: string, name: string): unknown => JSON.parse(test.run(id, [process.execPath, CLIENT, method, name]).output);

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'tsnet-dns-'));
    const resolv = join(scratch, 'resolv.conf');
    writeFileSync(resolv, 'nameserver 127.0.0.153\nsearch lan.example\noptions timeout:1\n');
    hostServer = await outsideServer('127.0.0.153');
    test = await openTestRoom({ hostResolvFile: resolv });
    await test.room.api.create({ Name: 'front', EnableIPv6: true });
    await test.room.api.create({ Name: 'back', Internal: true });
  });
  afterAll(async () => {
    expect(await test.close()).toEqual([]);
    hostServer.kill();
    rmSync(scratch, { recursive: true });
  });

  it('answer containers, aliases, short ids, all replicas, with and without the network name, and addresses', async () => {
    const one = await test.attach('web-1', { front: { Aliases: ['web'] } });
    const two = await test.attach('web-2', { front: { Aliases: ['web'] } });
    const other = await test.attach('db-1', { back: { Aliases: ['db'] } });
    const address = (which: typeof one) => which.endpoints['front']?.IPAddress;
    expect(lookup(one.id, 'resolve4', 'web-2')).toEqual({ result: [address(two)] });
    expect(lookup(one.id, 'resolve4', 'WEB-1.front')).toEqual({ result: [address(one)] });
    expect(lookup(one.id, 'resolve4', two.id.slice(0, 12))).toEqual({ result: [address(two)] });
    const replicas = lookup(two.id, 'resolve4', 'web') as { result: string[] };
    expect(replicas.result.sort()).toEqual([address(one), address(two)]);
    expect(lookup(one.id, 'resolve6', 'web-2')).toEqual({ result: [two.endpoints['front']?.GlobalIPv6Address] });
    expect(lookup(one.id, 'reverse', address(two) ?? '')).toEqual({ result: ['web-2.front'] });
    // Another network's names are unknown here; a name without IPv6 exists, without data.
    expect(lookup(one.id, 'resolve4', 'db')).toEqual({ code: 'ENOTFOUND' });
    expect(lookup(other.id, 'resolve6', 'db')).toEqual({ code: 'ENODATA' });
    expect(one.resolvConf.split('\n').slice(1)).toEqual(['nameserver 127.0.0.11', 'search lan.example', 'options timeout:1 ndots:0', '']);
    expect(one.endpoints['front']?.DNSNames).toEqual(['web-1', 'web', one.id.slice(0, 12)]);

    await test.room.detach(two.id);
    expect(lookup(one.id, 'resolve4', 'web')).toEqual({ result: [address(one)] });
    await test.room.rename(one.id, 'renamed');
    expect(lookup(one.id, 'resolve4', 'renamed')).toEqual({ result: [address(one)] });
    expect(lookup(one.id, 'resolve4', 'web-1')).toEqual({ code: 'ENOTFOUND' });
    for (const { id } of [one, other]) await test.room.detach(id);
  });

  it('of the outside come from the host, or from the servers that a container was given; internal networks have none', async () => {
    const plain = await test.attach('plain', { front: {} });
    const gateway = plain.endpoints['front']?.Gateway ?? '';
    const ownServer = await outsideServer(gateway);
    const own = await test.attach('own', { front: {} }, { dns: [gateway] });
    const locked = await test.attach('locked', { back: {} });
    expect(lookup(plain.id, 'resolve4', 'outside.example')).toEqual({ result: ['203.0.113.7'] });
    expect(lookup(plain.id, 'resolve4', 'nowhere.example')).toEqual({ code: 'ENOTFOUND' });
    expect(lookup(own.id, 'resolve4', 'outside.example')).toEqual({ result: ['203.0.113.7'] });
    expect(lookup(locked.id, 'resolve4', 'outside.example')).toEqual({ code: 'ESERVFAIL' });
    ownServer.kill();
    for (const { id } of [plain, own, locked]) await test.room.detach(id);
  });

  it('leave port 53 in the container to a server of its own', async () => {
    const box = await test.attach('pihole', { front: {} });
    const server = `
      const s = require('dgram').createSocket('udp4'); s.bind(53, '0.0.0.0');
      s.on('message', (m, f) => { const r = Buffer.from(m); r[2] |= 0x80; r[3] = 3; s.send(r, f.port, f.address); });
      require('net').createServer().listen(53, '0.0.0.0');`;
    test.serve(box.id, [process.execPath, '-e', server]);
    const address = box.endpoints['front']?.IPAddress ?? '';
    const ask = (to: string) => test.run(box.id, [process.execPath, CLIENT, 'resolve4', 'pihole', to]).output.trim();
    await until(() => ask(address) === '{"code":"ENOTFOUND"}');
    expect(ask('127.0.0.11')).toBe(JSON.stringify({ result: [address] }));
    await test.room.detach(box.id);
  });

  it('come truncated by UDP and whole by TCP when they are many', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, (_, i) => test.attach(`many-${i}`, { front: { Aliases: ['many'] } })));
    const asker = many[0]?.id ?? '';
    const { result } = lookup(asker, 'resolve4', 'many') as { result: string[] };
    expect(new Set(result).size).toBe(40);
    await Promise.all(many.map(({ id }) => test.room.detach(id)));
  });

  it('go on when the resolver is killed, and when the engine is', async () => {
    const box = await test.attach('box', { front: {} }, { portBindings: { '80/tcp': [{ HostPort: '' }] } });
    const expected = { result: [box.endpoints['front']?.IPAddress] };
    const pidFile = () => test.run(box.id, ['ss', '-Hlnup', 'src', '127.0.0.11']).output;
    const first = /pid=(\d+)/.exec(pidFile())?.[1];
    signalPid(Number(first));
    await until(() => /pid=(\d+)/.test(pidFile()) && !pidFile().includes(`pid=${first}`));
    expect(lookup(box.id, 'resolve4', 'box')).toEqual(expected);
    const second = /pid=(\d+)/.exec(pidFile())?.[1];

    await test.reopen(); // the old room is left as it is, like an engine that was killed
    await test.room.reconcile(new Set([box.id]));
    expect(/pid=(\d+)/.exec(pidFile())?.[1]).toBe(second);
    expect(lookup(box.id, 'resolve4', 'box')).toEqual(expected);
    // What it held is still held.
    const port = box.ports['80/tcp']?.[0]?.HostPort ?? '';
    await expect(test.attach('rival', { front: {} }, { portBindings: { '80/tcp': [{ HostPort: port }] } })).rejects.toThrow('port is already allocated (by container box)');
    await test.room.detach(box.id);
  });
});
