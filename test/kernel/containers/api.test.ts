import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitOf, IMAGE, type Lab, logsOf, openLab } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

describe('the list', () => {
  it('shows running ones, all, the newest, and what filters choose', async () => {
    const one = await lab.run(['sleep', '1000'], { Labels: { app: 'x', tier: '1' } }, 'list-one');
    const two = await lab.create(['true'], { Labels: { app: 'x' } }, 'list-two');
    const three = await lab.run(['sh', '-c', 'exit 3'], { HostConfig: { Binds: ['listed:/v'] } }, 'list-three');
    await exitOf(lab, three);
    const names = async (query: Parameters<typeof lab.runtime.containers.list>[0]) => (await lab.runtime.containers.list(query)).map(({ Names }) => Names[0]);
    expect(await names({})).toEqual(['/list-one']);
    expect(await names({ all: true })).toEqual(['/list-three', '/list-two', '/list-one']);
    expect(await names({ limit: 2 })).toEqual(['/list-three', '/list-two']);
    expect(await names({ all: true, filters: { label: ['app=x', 'tier'] } })).toEqual(['/list-one']);
    expect(await names({ filters: { status: ['created'] } })).toEqual(['/list-two']);
    expect(await names({ filters: { exited: ['3'] } })).toEqual(['/list-three']);
    expect(await names({ all: true, filters: { volume: ['listed'] } })).toEqual(['/list-three']);
    expect(await names({ all: true, filters: { since: ['list-one'], name: ['two$'] } })).toEqual(['/list-two']);
    expect(await names({ all: true, filters: { ancestor: [IMAGE] } })).toHaveLength(3);
    await expect(lab.runtime.containers.list({ filters: { nonsense: ['x'] } })).rejects.toMatchObject({ kind: 'invalid' });
    const [summary] = await lab.runtime.containers.list({ filters: { id: [one.slice(0, 12)] }, size: true });
    expect(summary).toMatchObject({ Id: one, State: 'running', Command: 'sleep 1000', Image: IMAGE, Labels: { app: 'x', tier: '1' } });
    expect(summary?.Status).toMatch(/^Up /);
    expect(summary?.SizeRootFs).toBeGreaterThan(500_000);
    for (const id of [one, two, three]) await lab.runtime.containers.remove(id, { force: true });
  });
});

describe('a container', () => {
  it('is found by id, prefix and name, and by nothing else', async () => {
    const id = await lab.create(['true'], {}, 'findme');
    for (const reference of [id, id.slice(0, 12), 'findme', '/findme']) expect((await lab.runtime.containers.inspect(reference)).Id).toBe(id);
    await expect(lab.runtime.containers.inspect('findm')).rejects.toMatchObject({ kind: 'notFound', message: 'No such container: findm' });
    await lab.runtime.containers.remove(id);
  });

  it('becomes an image with what it wrote', async () => {
    const id = await lab.run(['sh', '-c', 'echo written > /made; rm /var/data/seed'], { Env: ['KEPT=yes'] });
    await exitOf(lab, id);
    const { Id } = await lab.runtime.images.commit({ container: id, repo: 'committed', tag: 'v1', author: 'me', comment: 'why' }, undefined);
    expect((await lab.runtime.images.inspect('committed:v1')).Id).toBe(Id);
    const copy = await lab.run(['sh', '-c', 'cat /made; ls /var/data | wc -l; echo $KEPT'], { Image: 'committed:v1' });
    await exitOf(lab, copy);
    expect((await logsOf(lab, copy)).stdout).toBe('written\n0\nyes\n');
    for (const container of [id, copy]) await lab.runtime.containers.remove(container);
    await lab.runtime.images.remove('committed:v1');
  });

  it('is pruned when it does not run, unless its label protects it', async () => {
    const running = await lab.run(['sleep', '1000']);
    const kept = await lab.create(['true'], { Labels: { keep: 'me' } });
    const gone = await lab.create(['true']);
    expect((await lab.runtime.containers.prune({ 'label!': ['keep'] })).ContainersDeleted).toEqual([gone]);
    expect((await lab.runtime.containers.list({ all: true })).map(({ Id }) => Id).sort()).toEqual([running, kept].sort());
    for (const id of [running, kept]) await lab.runtime.containers.remove(id, { force: true });
  });
});

describe('the engine', () => {
  it('tells what it is and how much it holds', async () => {
    const id = await lab.run(['sleep', '1000']);
    expect(await lab.runtime.system.info()).toMatchObject({ Containers: 1, ContainersRunning: 1, OSType: 'linux', Driver: 'overlay2' });
    expect((await lab.runtime.system.version()).Components.map(({ Name }) => Name)).toEqual(['Engine', expect.stringMatching(/^(crun|runc)$/)]);
    expect(await lab.runtime.system.diskUsage()).toMatchObject({ Containers: [{ Id: id }], Images: [expect.anything()] });
    expect(lab.runtime.isBusy()).toBe(false);
    await lab.runtime.containers.remove(id, { force: true });
  });
});
