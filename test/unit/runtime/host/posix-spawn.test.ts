import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { pipe, posixSpawn, readFrom, reap, spawnChild } from '../../../../src/runtime/host/posix-spawn.ts';

async function text(stream: Readable | undefined): Promise<string> {
  let all = '';
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

const shell = (script: string, more: { stdin?: boolean; output?: boolean; cwd?: string; env?: Record<string, string> } = {}) =>
  spawnChild({ path: '/bin/sh', args: ['-c', script], env: more.env ?? {}, stdin: more.stdin ?? false, output: more.output ?? true, ...(more.cwd !== undefined && { cwd: more.cwd }) });

describe('spawnChild', () => {
  it('gives output, exit code, environment and directory', async () => {
    const child = await shell('pwd; echo $A; echo oops >&2; exit 7', { cwd: '/usr', env: { A: 'b', PATH: '/bin' } });
    expect(await Promise.all([text(child.stdout), text(child.stderr), child.exit])).toEqual(['/usr\nb\n', 'oops\n', { code: 7, signal: undefined }]);
  });

  it('passes stdin and tells a signal', async () => {
    const cat = await shell('exec cat', { stdin: true });
    cat.stdin?.end('through');
    expect(await text(cat.stdout)).toBe('through');
    const killed = await shell('kill -9 $$');
    expect(await killed.exit).toEqual({ code: undefined, signal: 9 });
  });

  it('tells that the output is over also who asks when it was long ago', async () => {
    const child = await shell('echo done');
    expect(await Promise.all([text(child.stdout), text(child.stderr)])).toEqual(['done\n', '']);
    await child.exit;
    await new Promise((resolve) => setImmediate(resolve));
    await child.closed;
  });

  it('gives the child default signals, an own session and no descriptors of ours', async () => {
    process.on('SIGUSR2', ignore);
    const child = await shell('grep -E "^Sig(Ign|Blk)" /proc/self/status; cut -d" " -f6 /proc/$$/stat; echo $$; ls /proc/self/fd', { env: { PATH: '/bin:/usr/bin' } });
    const [blocked, ignored, session, pid, ...fds] = (await text(child.stdout)).trim().split('\n');
    process.off('SIGUSR2', ignore);
    const mask = (line: string | undefined): bigint => BigInt(`0x${line?.split('\t')[1] ?? 'bad'}`);
    expect(mask(blocked)).toBe(0n);
    // 32 and 33 are glibc's own; its posix_spawn leaves them ignored, and who uses them sets them anew.
    expect(mask(ignored) & ~0x180000000n).toBe(0n);
    expect(session).toBe(pid);
    // The lifeline; what else is there, every child has, whoever starts it. 3 is the directory being listed.
    const usual = execFileSync('/bin/ls', ['/proc/self/fd'], { encoding: 'utf8' }).split('\n');
    expect(fds.filter((fd) => Number(fd) > 3 && !usual.includes(fd))).toEqual(['20']);
  });

  it('reports a program that is not there, and leaks nothing', async () => {
    const before = readdirSync('/proc/self/fd').length;
    await expect(spawnChild({ path: '/no/such/program', args: [], env: {}, stdin: true, output: true })).rejects.toThrow('ENOENT');
    for (let i = 0; i < 20; i++) await (await shell('true', { output: false })).exit;
    await new Promise((resolve) => setImmediate(resolve));
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 1);
  });
});

describe('posixSpawn', () => {
  it('redirects to files and pipes', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tscspawn-'));
    const { read, write } = pipe();
    const file = join(directory, 'out');
    const pid = await posixSpawn({ path: '/bin/sh', args: ['-c', 'echo to file; echo to pipe >&3'], env: {}, fds: new Map<number, number | { file: string; flags: number }>([[1, { file, flags: 0o101 }], [3, write]]) });
    closeSync(write);
    expect(await text(readFrom(read))).toBe('to pipe\n');
    expect(reap(pid, true)).toEqual({ code: 0, signal: undefined });
    expect(readFileSync(file, 'utf8')).toBe('to file\n');
    rmSync(directory, { recursive: true });
  });
});

function ignore(): void {}
