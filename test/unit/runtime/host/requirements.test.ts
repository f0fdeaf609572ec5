import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure } from '../../../../src/cli/failure.ts';
import { createStyle } from '../../../../src/cli/render/style.ts';
import { explainMountError, requireRights } from '../../../../src/runtime/host/requirements.ts';
import { SyscallError } from '../../../../src/runtime/host/libc.ts';
import { isStatic } from '../../../../src/runtime/host/tools.ts';

const ENODEV = 19;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsc-req-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('rights', () => {
  it('are those of root on the machine itself', () => {
    expect(() => requireRights(0, ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN'])).not.toThrow();
    expect(() => requireRights(1000, [])).toThrow(/must run as root, and this is uid 1000/);
    expect(() => requireRights(0, ['CAP_CHOWN'])).toThrow(/lacks CAP_SYS_ADMIN and CAP_NET_ADMIN: .*--privileged/);
  });
});

describe('a mount', () => {
  it('that the kernel does not know is explained, any other failure is left as it is', () => {
    expect(explainMountError(new SyscallError('mount', ENODEV, 'overlay on /x'))).toMatchObject({ message: expect.stringContaining('modprobe overlay') as string });
    const other = new SyscallError('mount', 1, 'overlay on /x');
    expect(explainMountError(other)).toBe(other);
  });
});

describe('a static program', () => {
  it.runIf(existsSync('/bin/busybox'))('names no interpreter', () => expect(isStatic('/bin/busybox')).toBe(true));

  it('is neither a dynamic one, nor a script, nor half a file', () => {
    expect(isStatic('/proc/self/exe')).toBe(false);
    const script = join(directory, 'script');
    writeFileSync(script, '#!/bin/sh\n');
    const half = join(directory, 'half');
    writeFileSync(half, readFileSync('/proc/self/exe').subarray(0, 20));
    expect([script, half].map(isStatic)).toEqual([false, false]);
  });
});

describe('a system error', () => {
  it('of the machine is no bug of ours', () => {
    const options = { style: createStyle(false), workingDirectory: '/', readSource: () => undefined, verbose: false };
    const refused = Object.assign(new Error("EACCES: permission denied, stat '/x/.env'"), { code: 'EACCES', syscall: 'stat' });
    expect(describeFailure(refused, options)).toEqual({ exitCode: 1, text: "error: EACCES: permission denied, stat '/x/.env'\n" });
    const ours = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', syscall: 'open' });
    expect(describeFailure(ours, options).text).toMatch(/This is a bug/);
  });
});
