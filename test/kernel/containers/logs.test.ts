import { existsSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitOf, type Lab, logsOf, openLab } from './support.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(async () => {
  await lab?.close();
});

describe('logs', () => {
  it('give the last lines, time stamps, one stream, and a window of time', async () => {
    const id = await lab.run(['sh', '-c', 'for i in 1 2 3; do echo o$i; echo e$i >&2; usleep 20000; done; printf unfinished']);
    await exitOf(lab, id);
    expect((await logsOf(lab, id, { tail: 2 })).stdout).toContain('unfinished');
    expect((await logsOf(lab, id, { tail: 0 }))).toEqual({ stdout: '', stderr: '' });
    expect(await logsOf(lab, id, { stdout: false, tail: 100 })).toEqual({ stdout: '', stderr: 'e1\ne2\ne3\n' });
    const stamped = (await logsOf(lab, id, { timestamps: true, stderr: false })).stdout.split('\n');
    expect(stamped[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z o1$/);
    const second = Date.parse(stamped[1]?.split(' ')[0] ?? '') / 1000;
    expect((await logsOf(lab, id, { since: second, stderr: false })).stdout).toBe('o2\no3\nunfinished');
    expect((await logsOf(lab, id, { until: second, stderr: false })).stdout).toBe('o1\n');
    await lab.runtime.containers.remove(id);
  });

  it('follow a container to its last byte and end with it', async () => {
    const id = await lab.run(['sh', '-c', 'for i in $(seq 2000); do echo line $i; done; echo last']);
    const { stdout } = await logsOf(lab, id, { follow: true });
    expect(stdout.split('\n').length).toBe(2002);
    expect(stdout.endsWith('line 2000\nlast\n')).toBe(true);
    await lab.runtime.containers.remove(id, { force: true });
  });

  it('of a terminal are raw', async () => {
    const id = await lab.run(['sh', '-c', 'echo one; echo two >&2'], { Tty: true });
    await exitOf(lab, id);
    expect((await logsOf(lab, id)).stdout).toBe('one\r\ntwo\r\n');
    await lab.runtime.containers.remove(id);
  });

  it('are rotated without losing a line', async () => {
    const id = await lab.run(['sh', '-c', 'i=0; while [ $i -lt 6000 ]; do i=$((i+1)); echo "$i ............................................................"; [ $((i % 50)) = 0 ] && usleep 15000; done; echo end'], {
      HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '100k', 'max-file': '20' } } },
    });
    const following = logsOf(lab, id, { follow: true });
    await exitOf(lab, id);
    const file = lab.layout.containerLog(id);
    expect(existsSync(`${file}.2`)).toBe(true);
    const expected = Array.from({ length: 6000 }, (_, i) => String(i + 1)).join(' ');
    const numbers = (text: string): string => text.split('\n').filter((line) => /^\d/.test(line)).map((line) => line.split(' ')[0]).join(' ');
    expect(numbers((await logsOf(lab, id)).stdout)).toBe(expected);
    expect(numbers((await following).stdout)).toBe(expected);
    expect(numbers((await logsOf(lab, id, { tail: 3000 })).stdout).split(' ').length).toBe(2999);
    await lab.runtime.containers.remove(id);
    expect(existsSync(lab.layout.container(id))).toBe(false);
  });

  it('of two hundred megabytes stream in little memory', async () => {
    const id = await lab.run(['sh', '-c', 'yes "$(printf %099d 0)" | head -n 2000000']);
    await exitOf(lab, id);
    expect(statSync(lab.layout.containerLog(id)).size).toBeGreaterThan(280e6);
    global.gc?.();
    const before = process.memoryUsage().rss;
    let bytes = 0;
    let peak = before;
    const { output } = await lab.runtime.containers.logs(id, { stdout: true, stderr: true });
    for await (const chunk of output) {
      bytes += chunk.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    expect(bytes).toBe(2_000_000 * 108);
    expect(peak - before).toBeLessThan(150e6);
    expect((await logsOf(lab, id, { tail: 3 })).stdout.split('\n').length).toBe(4);
    await lab.runtime.containers.remove(id);
  });

  it('are not kept with the driver none', async () => {
    const id = await lab.run(['echo', 'x'], { HostConfig: { LogConfig: { Type: 'none' } } });
    await exitOf(lab, id);
    await expect(logsOf(lab, id)).rejects.toMatchObject({ kind: 'notImplemented' });
    await lab.runtime.containers.remove(id);
  });
});
