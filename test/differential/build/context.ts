/** The build context of all cases, as a directory whose times are fixed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, lutimesSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from './cases.ts';
import { CONTEXT_TIME } from './observe.ts';

export function writeContext(root: string, { dockerfile, ignore }: Case): void {
  for (const name of ['dir/sub', 'links', 'emptydir', 'packed/in']) mkdirSync(join(root, name), { recursive: true });
  const write = (name: string, text: string, mode = 0o644): void => {
    writeFileSync(join(root, name), text);
    chmodSync(join(root, name), mode);
  };
  for (const name of ['a.txt', 'b.txt', 'sp ace.txt', 'dir/one', 'dir/two.log', 'dir/.hidden', 'dir/sub/deep', 'packed/in/file']) write(name, `${name}\n`);
  write('exec.sh', '#!/bin/sh\n', 0o755);
  write('setuid', 's', 0o4755);
  write('secret', 's', 0o600);
  symlinkSync('a.txt', join(root, 'link'));
  symlinkSync('dir', join(root, 'dirlink'));
  symlinkSync('../a.txt', join(root, 'links/up'));
  symlinkSync('/etc/passwd', join(root, 'links/absolute'));
  symlinkSync('nowhere', join(root, 'links/dangling'));
  chmodSync(join(root, 'dir/sub'), 0o750);
  writeFileSync(join(root, 'Dockerfile'), dockerfile);
  if (ignore !== undefined) writeFileSync(join(root, '.dockerignore'), ignore);
  age(root);
  const pack = (flags: string, name: string): void => void execFileSync('tar', ['-C', join(root, 'packed'), '--sort=name', '--owner=7', '--group=8', '--numeric-owner', flags, join(root, name), '.']);
  pack('-cf', 'arch.tar');
  execFileSync('sh', ['-c', 'gzip -n < "$0" > "$0.gz"', join(root, 'arch.tar')]);
  rmSync(join(root, 'packed'), { recursive: true });
  age(root);
}

function age(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) age(path);
    lutimesSync(path, CONTEXT_TIME, CONTEXT_TIME);
  }
  lutimesSync(directory, CONTEXT_TIME, CONTEXT_TIME);
}

/** For `BuildExtra.localContexts`. */
export function localContextOf(root: string): Record<string, { path: string; device: string; inode: string }> {
  const { dev, ino } = statSync(root, { bigint: true });
  return { '': { path: root, device: String(dev), inode: String(ino) } };
}
