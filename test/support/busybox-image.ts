/** An image `busybox:latest` made of the host's static busybox, imported through an engine's own API. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { Workspace } from './workspace.ts';

/** Writes the tar of a minimal root file system: every applet of busybox, passwd, group, /tmp. */
export function busyboxTar(target: string): void {
  const tree = mkdtempSync(join(tmpdir(), 'tsc-busybox-'));
  try {
    for (const name of ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc', 'tmp', 'root', 'proc', 'sys', 'dev', 'var']) mkdirSync(join(tree, name), { recursive: true });
    chmodSync(tree, 0o755); // mkdtemp makes it private, and it becomes the image's root
    chmodSync(join(tree, 'tmp'), 0o1777);
    copyFileSync('/bin/busybox', join(tree, 'bin/busybox'));
    const applets = spawnSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean);
    for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(tree, 'bin', applet));
    writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n');
    writeFileSync(join(tree, 'etc/group'), 'root:x:0:\ndaemon:x:1:\nstaff:x:50:nobody\nnogroup:x:65534:\n');
    const made = spawnSync('tar', ['-C', tree, '--numeric-owner', '--owner=0', '--group=0', '-cf', target, '.']);
    if (made.status !== 0) throw new Error(`tar: ${made.stderr.toString()}`);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/** Starts the workspace's engine and imports the image. */
export function importBusybox(space: Workspace): void {
  space.ok(['engine', 'start']);
  const tar = join(space.directory, '..', 'busybox.tar');
  busyboxTar(tar);
  const done = space.docker(['import', '-c', 'CMD ["sh"]', tar, 'busybox:latest']);
  if (done.exitCode !== 0) throw new Error(`docker import: ${done.output}\n${space.engineLog()}`);
}
