/** What waits is small: the engine and its resolver, with containers that use both, and they answer as before. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { lacks, noContainers, title } from '../support/host.ts';
import { eventually, Workspace } from '../support/workspace.ts';

const reason = noContainers() ?? lacks('docker');
const LIMIT_MIB = 75;

describe.skipIf(reason)(title('memory', reason), () => {
  const space = new Workspace('mem');
  beforeAll(() => importBusybox(space));
  afterAll(() => expect(space.dispose()).toEqual([]));

  const residentMib = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  /** The resolver whose arguments lie below this workspace's run root. */
  const resolverPid = (): number | undefined => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).find((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.some((word) => word.endsWith('/resolver.mjs')) && words.some((word) => word.startsWith(space.run));
    } catch {
      return false; // gone
    }
  });

  it(`is at most ${LIMIT_MIB} MiB resident for engine and resolver at rest, after ten services and a long log`, async () => {
    const services = Array.from({ length: 10 }, (_, i) => `  s${i}:\n    image: busybox\n    command: ["sh", "-c", "yes 0123456789012345 | head -n 500000; exec sleep 1000"]\n    stop_grace_period: 0s\n`);
    space.write('compose.yaml', `services:\n${services.join('')}`);
    space.ok(['up', '-d']);
    await eventually('the whole log', () => space.ok(['logs', '--no-log-prefix', 's3']).stdout.length === 500_000 * 17);
    const [engine = 0, resolver = 0] = [space.enginePid(), resolverPid()];
    await eventually('a small engine and resolver', () => residentMib(engine) + residentMib(resolver) < LIMIT_MIB, 30_000);
    expect(space.ok(['exec', '-T', 's1', 'nslookup', 's2']).stdout).toMatch(/Name:\s+s2\n/);
    expect(space.enginePid()).toBe(engine);
    expect(resolverPid()).toBe(resolver);
    space.ok(['down']);
  });
});
