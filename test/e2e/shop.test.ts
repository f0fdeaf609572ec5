import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lacks, noContainers, title } from '../support/host.ts';
import { REPOSITORY, Workspace, freePort, http } from '../support/workspace.ts';
import { join } from 'node:path';

const reason = noContainers() ?? lacks('mmdebstrap');

interface Item {
  id: string;
  name: string;
}

describe.skipIf(reason)(title('the shop', reason), () => {
  const space = new Workspace('shop');
  let cwd = '';
  let env: Record<string, string> = {};

  const url = (path: string) => `http://127.0.0.1:${env['SHOP_PORT']}${path}`;
  const items = async () => (JSON.parse((await http(url('/items'))).text) as { items: Item[] }).items.map(({ name }) => name);
  const add = async (name: string) => expect((await http(url('/items'), { method: 'POST', body: JSON.stringify({ name }) })).status).toBe(200);
  const up = () => space.ok(['up', '-d', '--build', '--wait'], { cwd, env, timeoutMs: 240_000 });

  beforeAll(async () => {
    cwd = space.useExample('shop');
    env = { SHOP_PORT: String(await freePort()) };
    const made = space.exec(['sh', join(cwd, 'base/make-base.sh'), process.execPath, join(REPOSITORY, 'dist/tscompose.cjs')], { timeoutMs: 280_000 });
    expect(made.exitCode, made.output).toBe(0);
  }, 300_000);
  afterAll(() => expect(space.dispose()).toEqual([]));

  it('comes up in order: database healthy, migration done, two replicas, nginx', async () => {
    up();
    expect(await items()).toEqual(['apples', 'pears']);
    const states = space.ok(['ps', '-a', '--format', 'json'], { cwd, env }).stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(states.map(({ Service, State, ExitCode }) => `${Service} ${State} ${ExitCode}`).sort()).toEqual([
      'api running 0',
      'api running 0',
      'cache running 0',
      'db running 0',
      'migrate exited 0',
      'web running 0',
    ]);
  });

  it('answers from both replicas through nginx', async () => {
    const hosts = new Set<string>();
    for (let tries = 0; tries < 60 && hosts.size < 2; tries++) hosts.add((JSON.parse((await http(url('/who'))).text) as { host: string }).host);
    expect(hosts.size).toBe(2);
  });

  it('keeps the back network internal and the front away from the database', () => {
    const from = (service: string, script: string) => space.call(['exec', '-T', service, 'bash', '-c', script], { cwd, env }).exitCode;
    expect(from('api', 'exec 3<>/dev/tcp/db/5432')).toBe(0);
    expect(from('web', 'getent hosts db')).not.toBe(0);
    expect(from('db', 'timeout 2 bash -c "exec 3<>/dev/tcp/192.0.2.1/80"')).not.toBe(0);
  });

  it('has nothing to do when asked again', () => {
    expect(space.call(['plan'], { cwd, env }).output).not.toMatch(/recreate|create/);
    const before = space.docker(['ps', '-q', '--no-trunc']).stdout;
    up();
    expect(space.docker(['ps', '-q', '--no-trunc']).stdout.split('\n').sort()).toEqual(before.split('\n').sort());
  });

  it('keeps rows written through nginx over down and up, and loses them with down -v', async () => {
    await add('plums');
    expect(await items()).toEqual(['apples', 'pears', 'plums']);
    space.ok(['down'], { cwd, env });
    up();
    expect(await items()).toEqual(['apples', 'pears', 'plums']);
    space.ok(['down', '-v'], { cwd, env });
    up();
    expect(await items()).toEqual(['apples', 'pears']);
  }, 240_000);

  it('follows --scale at run time', async () => {
    space.ok(['up', '-d', '--no-build', '--scale', 'api=3', '--wait'], { cwd, env });
    expect(space.ok(['ps', '-q', 'api'], { cwd, env }).stdout.trim().split('\n')).toHaveLength(3);
    space.ok(['down', '-v'], { cwd, env });
  });
});
