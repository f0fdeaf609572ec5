/** The resolver process by itself: what it holds is what the records say, also when the engine that wrote them was killed. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId, silentLogger } from '../../../src/base/index.ts';
import { type SandboxRecord, sandboxDirectory, sandboxFile } from '../../../src/runtime/networks/records.ts';
import { ResolverClient } from '../../../src/runtime/networks/resolver/client.ts';
import { defaultResolverEntry } from '../../../src/runtime/networks/resolver-entry.ts';
import { freePort } from '../../support/workspace.ts';
import { plainRequest, until } from './room.ts';

describe('the resolver', () => {
  let dnsDir: string;
  let port: number;
  beforeEach(async () => {
    dnsDir = mkdtempSync(join(tmpdir(), 'tscres-'));
    mkdirSync(sandboxDirectory({ dnsDir }));
    port = await freePort();
  });
  afterEach(() => rmSync(dnsDir, { recursive: true })); // without its directory it leaves

  const connect = (): ResolverClient => new ResolverClient({ dnsDir, entry: defaultResolverEntry, logger: silentLogger, isNeeded: () => false });
  const write = (id: string, hostPort: number): void => {
    const record: SandboxRecord = {
      version: 1, containerId: id, name: 'c', netns: '/nowhere', request: plainRequest(id, 'c', {}), endpoints: [], dns: false, upstream: [], links: {},
      ports: [{ protocol: 'tcp', containerPort: 80, hostAddresses: ['127.0.0.1'], from: hostPort, to: hostPort, hostPort, target4: '127.0.0.1' }],
    };
    writeFileSync(sandboxFile(sandboxDirectory({ dnsDir }), id), JSON.stringify(record));
  };
  const isFree = (wanted: number): Promise<boolean> => new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false)).listen(wanted, '127.0.0.1', () => server.close(() => resolve(true)));
  });
  const isGone = (pid: number): boolean => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  };

  it('lets go of a port whose record went while nobody told it, and keeps the others', async () => {
    const [gone, kept] = [newId(), newId()];
    const other = await freePort();
    write(gone, port);
    write(kept, other);
    const first = connect();
    expect(await first.load([gone, kept])).toEqual({ [gone]: { ports: [port] }, [kept]: { ports: [other] } });
    expect(await isFree(port)).toBe(false);
    rmSync(sandboxFile(sandboxDirectory({ dnsDir }), gone));
    await first.close(); // as when the engine is killed: without a word
    await until(() => isFree(port), 3000);
    expect(await isFree(other)).toBe(false);

    const second = connect();
    const pid = await second.pid();
    rmSync(sandboxFile(sandboxDirectory({ dnsDir }), kept));
    await second.close();
    await until(() => isFree(other), 3000);
    await until(() => isGone(pid), 5000);
  });

  it('leaves its successor alone when the file system of its directory was replaced', async () => {
    const mountAnew = (): void => {
      execFileSync('mount', ['-t', 'tmpfs', 'tsctest', dnsDir]);
      mkdirSync(sandboxDirectory({ dnsDir }));
    };
    mountAnew();
    const first = connect();
    const before = await first.pid();
    execFileSync('umount', ['-l', dnsDir]); // as an engine does with its last container
    mountAnew();
    write(newId(), port); // the successor's, from the first look on
    const second = connect();
    const successor = await second.pid();
    expect(successor).not.toBe(before);
    await first.close();
    await until(() => isGone(before), 5000);
    const third = connect();
    expect(await third.pid()).toBe(successor);
    expect(await isFree(port)).toBe(false);
    await second.close();
    await third.close();
    execFileSync('umount', ['-l', dnsDir]);
    await until(() => isGone(successor), 5000);
  });
});
