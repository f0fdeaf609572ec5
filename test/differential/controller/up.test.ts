import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/index.ts';
import { create, down, Label, planOfDown, up } from '../../../src/controller/index.ts';
import { isAtLeast } from '../../../src/engine-api/index.ts';
import { noDockerd, startDockerd, type Dockerd } from '../../support/dockerd.ts';
import { dependsOn, type ProjectInput } from '../../unit/controller/model.ts';
import { stackOn, type Stack } from './stack.ts';

const missing = noDockerd();
const SLEEP = { command: ['sleep', '1000'], stop_grace_period: 0 } as const;
const SECOND = 1_000_000_000;

describe.skipIf(missing)(`up and down on dockerd${missing ? ` (${missing})` : ''}`, () => {
  let dockerd: Dockerd;
  const cleanups: (() => Promise<unknown>)[] = [];
  const stack = (input: Omit<ProjectInput, 'name'>): Stack => stackOn(dockerd.socket, input, cleanups);

  beforeAll(async () => void (dockerd = await startDockerd()));
  afterAll(() => dockerd?.stop());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('makes what the file asks for, leaves nothing to do, and takes it down without a trace', async () => {
    const s = stack({
      services: {
        web: { ...SLEEP, scale: 2, depends_on: dependsOn(['job', { condition: 'service_completed_successfully', required: true }]), volumes: [{ type: 'volume', source: 'data', target: '/data' }], networks: { front: null, back: { aliases: ['www'] } } },
        job: { command: ['true'], networks: { back: null } },
      },
      networks: { front: {}, back: { internal: true } },
      volumes: { data: {} },
    });
    await up(s.context);
    expect((await s.containers()).map((c) => [c.service, c.number, c.state, Object.keys(c.networks).length])).toEqual([
      ['job', 1, 'exited', 1],
      ['web', 1, 'running', 2],
      ['web', 2, 'running', 2],
    ]);
    expect(await s.planText()).toBe('');
    expect((await s.exec('web', 'nslookup', 'www')).stdout).toMatch(/Address/);
    await down(s.context, { volumes: true });
    expect((await planOfDown(s.context, { volumes: true })).steps).toEqual([]);
    expect((await s.context.engine.networks.list({ label: [`${Label.project}=${s.project.name}`] })).length).toBe(0);
  });

  it('waits for health by events: a dependent starts soon after the first good probe', async () => {
    const check = { test: ['CMD-SHELL', '[ -e /ready ]'], interval: SECOND / 5, retries: 1000 };
    const s = stack({
      services: {
        db: { ...SLEEP, command: ['sh', '-c', 'sleep 1; : > /ready; sleep 1000'], healthcheck: check },
        web: { ...SLEEP, depends_on: dependsOn(['db', { condition: 'service_healthy', required: true }]) },
      },
    });
    await up(s.context, { wait: true, waitTimeoutMs: 30_000 });
    const inspect = async (name: string) => s.context.engine.containers.inspect(`${s.project.name}-${name}-1`);
    const [db, web] = [await inspect('db'), await inspect('web')];
    const healthyAt = Date.parse(db.State.Health?.Log.find((entry) => entry.ExitCode === 0)?.End ?? '');
    expect(db.State.Health?.Status).toBe('healthy');
    expect(Date.parse(web.State.StartedAt)).toBeGreaterThanOrEqual(healthyAt);
    expect(Date.parse(web.State.StartedAt) - healthyAt).toBeLessThan(3000);
  });

  it('gives up after the wait timeout, and says what was not ready', async () => {
    const check = { test: ['CMD-SHELL', 'false'], interval: SECOND / 5, retries: 1000 };
    const s = stack({ services: { db: { ...SLEEP, healthcheck: check }, web: { ...SLEEP, depends_on: dependsOn(['db', { condition: 'service_healthy', required: true }]) } } });
    await expect(up(s.context, { wait: true, waitTimeoutMs: 1500 })).rejects.toThrow('application not healthy after 1.5s: service db is not ready');
  });

  it('tells what the last probe of an unhealthy service said', async () => {
    const check = { test: ['CMD-SHELL', 'echo no route to disk; exit 4'], interval: SECOND / 5, retries: 2 };
    const s = stack({ services: { db: { ...SLEEP, healthcheck: check }, web: { ...SLEEP, depends_on: dependsOn(['db', { condition: 'service_healthy', required: true }]) } } });
    await expect(up(s.context)).rejects.toThrow(/dependency failed to start: container \S+-db-1 is unhealthy\nlast probe:\n {2}exit 4: no route to disk/);
  });

  it('names the service that failed, its exit code and its last lines, and does not start who waits', async () => {
    const s = stack({
      services: {
        migrate: { command: ['sh', '-c', 'echo applying 42; echo disk on fire >&2; exit 3'] },
        web: { ...SLEEP, depends_on: dependsOn(['migrate', { condition: 'service_completed_successfully', required: true }]) },
      },
    });
    const error = await up(s.context).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    const { message } = error as UserError;
    expect(message).toContain('service "migrate" didn\'t complete successfully: exit 3');
    expect(message).toContain('applying 42');
    expect(message).toContain('disk on fire');
    expect((await s.containers()).find((c) => c.service === 'web')?.state).toBe('created');
  });

  it('goes on with a warning when an optional dependency fails', async () => {
    const s = stack({
      services: {
        extra: { command: ['sh', '-c', 'exit 9'] },
        web: { ...SLEEP, depends_on: dependsOn(['extra', { condition: 'service_completed_successfully', required: false }]) },
      },
    });
    await up(s.context);
    expect((await s.containers()).find((c) => c.service === 'web')?.state).toBe('running');
    expect(s.events.filter((event) => event.type === 'warning').map((event) => event.message).join()).toContain('exit 9');
  });

  it('replaces a changed container, keeps its anonymous volume, and leaves the other alone', async () => {
    const input = (user: string): Omit<ProjectInput, 'name'> => ({ services: { web: { ...SLEEP, user, volumes: [{ type: 'volume', target: '/cache' }] }, other: SLEEP } });
    const s = stack(input('0'));
    await up(s.context);
    const before = await s.containers();
    await s.exec('web', 'sh', '-c', 'echo kept > /cache/file');
    const changed = s.with(input('65534'));
    await up(changed.context);
    const after = await changed.containers();
    expect(after.map((c) => c.name)).toEqual(before.map((c) => c.name));
    expect(after.find((c) => c.service === 'other')?.id).toBe(before.find((c) => c.service === 'other')?.id);
    expect(after.find((c) => c.service === 'web')?.id).not.toBe(before.find((c) => c.service === 'web')?.id);
    expect((await changed.exec('web', 'cat', '/cache/file')).stdout).toBe('kept\n');
    await up(changed.context, { forceRecreate: true, renewAnonVolumes: true, services: ['web'] });
    expect((await changed.exec('web', 'ls', '/cache')).stdout).toBe('');
  });

  it('writes configs and secrets with their owner and mode, and recreates when their content changes', async () => {
    const input = (text: string): Omit<ProjectInput, 'name'> => ({
      services: { web: { ...SLEEP, configs: [{ source: 'conf', target: '/etc/app/conf.txt', uid: '7', gid: '8', mode: 0o440 }], secrets: [{ source: 'token' }] } },
      configs: { conf: { content: text } },
      secrets: { token: { environment: 'TOKEN' } },
      environment: { TOKEN: 's3cret' },
    });
    const s = stack(input('one'));
    await up(s.context);
    expect((await s.exec('web', 'ls', '-ln', '/etc/app/conf.txt')).stdout).toMatch(/^-r--r----- +1 7 +8 +3 /);
    expect((await s.exec('web', 'ls', '-ln', '/run/secrets/token')).stdout).toMatch(/^-r--r--r-- +1 0 +0 +6 /);
    expect((await s.exec('web', 'cat', '/run/secrets/token')).stdout).toBe('s3cret');
    expect(await s.planText()).toBe('');
    const changed = s.with(input('two'));
    expect(await changed.planText()).toContain('config or secret changed');
    await up(changed.context);
    expect((await changed.exec('web', 'cat', '/etc/app/conf.txt')).stdout).toBe('two');
  });

  it('copies a file source that has an owner or a mode, which a bind mount could not have', async () => {
    const directory = mkdtempSync('/tmp/ctl-secret-');
    cleanups.push(async () => rmSync(directory, { recursive: true }));
    const file = join(directory, 'key');
    writeFileSync(file, 'abc', { mode: 0o600 });
    const s = stack({ services: { web: { ...SLEEP, secrets: [{ source: 'key', uid: '1000', mode: 0o400 }] } }, secrets: { key: { file } } });
    await up(s.context);
    expect((await s.exec('web', 'ls', '-ln', '/run/secrets/key')).stdout).toMatch(/^-r-------- +1 1000 +0 +3 /);
  });

  it('makes a network anew when its definition changed', async () => {
    const input = (internal: boolean): Omit<ProjectInput, 'name'> => ({ services: { web: { ...SLEEP, networks: { back: null } } }, networks: { back: { internal } } });
    const s = stack(input(false));
    await up(s.context);
    const changed = s.with(input(true));
    await up(changed.context);
    expect((await s.context.engine.networks.inspect(`${s.project.name}_back`)).Internal).toBe(true);
    expect(await changed.planText()).toBe('');
    expect((await changed.containers()).map((c) => c.state)).toEqual(['running']);
  });

  it('joins the namespaces of another service, and again after that one was replaced', async () => {
    const input = (user: string): Omit<ProjectInput, 'name'> => ({ services: { base: { ...SLEEP, user, hostname: 'basename' }, guest: { ...SLEEP, network_mode: 'service:base', pid: 'service:base' } } });
    const s = stack(input('0'));
    await up(s.context);
    expect((await s.exec('guest', 'cat', '/proc/sys/kernel/hostname')).stdout).toBe('basename\n');
    const changed = s.with(input('65534'));
    await up(changed.context);
    expect(await changed.planText()).toBe('');
    const base = (await changed.containers()).find((c) => c.service === 'base');
    expect((await changed.containers()).find((c) => c.service === 'guest')?.networkMode).toBe(`container:${base?.id}`);
  });

  it('scales up and down, and removes orphans when told to', async () => {
    const s = stack({ services: { web: SLEEP, old: SLEEP } });
    await up(s.context, { scale: { web: 3 } });
    await up(s.context, { scale: { web: 1 } });
    expect((await s.containers()).map((c) => c.name.split('-').slice(1).join('-'))).toEqual(['old-1', 'web-1']);
    const next = s.with({ services: { web: SLEEP } });
    await up(next.context);
    expect(next.events.some((event) => event.type === 'warning' && event.code === 'orphans.found')).toBe(true);
    await up(next.context, { removeOrphans: true });
    expect((await next.containers()).map((c) => c.service)).toEqual(['web']);
  });

  it('makes without starting, and says what the engine refuses with the resource it is about', async () => {
    const s = stack({ services: { web: SLEEP } });
    await create(s.context);
    expect((await s.containers()).map((c) => c.state)).toEqual(['created']);
    const broken = stack({ services: { web: { command: ['/no/such/program'] } } });
    const error = await up(broken.context).catch((e: unknown) => e);
    expect(String(error)).toMatch(/no such file or directory/);
    expect(String(error)).toContain('web-1');
  });

  it('does a dozen things at once under one signal without a warning from Node', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    cleanups.push(async () => void process.off('warning', listen));
    const s = stack({ services: { web: { command: ['true'], scale: 15 } } });
    await up({ ...s.context, signal: new AbortController().signal });
    await new Promise((resolve) => setImmediate(resolve)); // warnings come a tick later
    expect(warnings.map((warning) => warning.message)).toEqual([]);
  });

  it('goes on when someone else makes the same container at the same time', async ({ skip }) => {
    const s = stack({ services: { web: SLEEP, db: SLEEP } });
    // dockerd before 25 makes two networks of one name when asked at the same time, and then refuses the name as ambiguous.
    skip(!isAtLeast((await s.context.engine.system.ping()).apiVersion, '1.44'), 'needs dockerd 25 or newer');
    const twin = s.with({ services: { web: SLEEP, db: SLEEP } });
    await Promise.all([up(s.context), up(twin.context)]);
    expect((await s.containers()).map((c) => [c.service, c.state])).toEqual([
      ['db', 'running'],
      ['web', 'running'],
    ]);
    expect(await s.planText()).toBe('');
  });

  it('says whose container has the port that is wanted', async () => {
    const ports = (published: string) => [{ mode: 'ingress', target: 80, published, protocol: 'tcp' }] as const;
    const first = stack({ services: { web: { ...SLEEP, ports: ports('21000-21999') } } });
    await up(first.context);
    const taken = String((await first.containers())[0]?.ports[0]?.PublicPort);
    const second = stack({ services: { web: { ...SLEEP, ports: ports(taken) } } });
    const error = await up(second.context).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'port.taken', hint: `port ${taken} is published by container ${first.project.name}-web-1 of project ${first.project.name}` });
  });

  it('fails at once, and only once, when a name is taken by a stranger', async () => {
    const s = stack({ services: { web: { ...SLEEP, container_name: `taken${process.pid}` } } });
    const { Id } = await s.context.engine.containers.create({ Image: 'busybox', Cmd: ['true'] }, { name: `taken${process.pid}` });
    cleanups.push(() => s.context.engine.containers.remove(Id, { force: true }));
    await expect(up(s.context)).rejects.toThrow(/already in use/);
    expect(s.events.filter((event) => event.type === 'resource' && event.kind === 'container' && event.text === 'Creating').length).toBe(1);
  });
});
