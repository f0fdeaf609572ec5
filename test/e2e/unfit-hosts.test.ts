/** Machines that lack something: one message that says what and how to mend it, nothing half-made, and `doctor` finds the same. */
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importBusybox } from '../support/busybox-image.ts';
import { lacks, noContainers, title } from '../support/host.ts';
import { without } from '../support/without.ts';
import { REPOSITORY, Workspace } from '../support/workspace.ts';

const reason = noContainers() ?? lacks('unshare', 'setpriv', 'docker');
const tscompose = [process.execPath, join(REPOSITORY, 'dist', 'tscompose.cjs')];
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const INITS = ['docker-init', 'tini', 'tini-static', 'catatonit', 'dumb-init'];
const LIBRARIES = ['/usr/lib', '/usr/lib64', '/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu'].map((place) => `${place}/libnftables.so.1`);
const dropped = (capability: string) => ['setpriv', `--bounding-set=-${capability}`, `--inh-caps=-${capability}`, ...tscompose];

describe.skipIf(reason)(title('a machine', reason), () => {
  const space = new Workspace('unfit');
  beforeAll(() => importBusybox(space));
  afterAll(() => expect(space.dispose()).toEqual([]));

  const up = (command: readonly string[], yaml = 'services:\n  web:\n    image: busybox\n    command: ["sleep", "1000"]\n    ports: ["127.0.0.1::80"]\n') => {
    space.ok(['engine', 'stop']);
    space.write('compose.yaml', yaml);
    return space.exec([...command, 'up', '-d']);
  };
  const problems = (command: readonly string[]): string[] => {
    const { stdout } = space.exec([...command, 'doctor', '--json']);
    return (JSON.parse(stdout) as { findings: { id: string; status: string }[] }).findings.filter(({ status }) => status === 'problem').map(({ id }) => id);
  };
  const onOverlay = (command: readonly string[]): string[] => {
    const [upper, work] = ['upper', 'work'].map((name) => join(space.directory, '..', name));
    const script = 'mkdir -p "$1" "$2" && mount -t overlay overlay -o "lowerdir=$3,upperdir=$1,workdir=$2" "$3" && shift 3 && exec "$@"';
    return ['unshare', '--mount', 'sh', '-c', script, 'sh', upper ?? '', work ?? '', space.root, ...command];
  };
  const nothingIsMade = (): void => {
    expect(space.ok(['ps', '-aq']).stdout).toBe('');
    expect(space.docker(['ps', '-aq']).stdout + space.docker(['network', 'ls', '-q', '--filter', 'type=custom']).stdout).toBe('');
  };

  it.each([
    ['without conmon', without(['conmon'], tscompose), /engine could not be started: conmon was not found: install the package conmon/, 'program.conmon'],
    ['without crun and runc', without(['crun', 'runc'], tscompose), /engine could not be started: no OCI runtime was found: install the package crun/, 'program.oci-runtime'],
    ['without nftables', without(['nft', ...LIBRARIES], tscompose), /engine could not be started: nft: cannot run nft: .*install the package nftables/, 'program.nft'],
    ['whose root may not make networks', dropped('net_admin'), /engine could not be started: it lacks CAP_NET_ADMIN: .*--privileged/, 'machine.capabilities'],
    ['whose root may not mount', dropped('sys_admin'), /engine could not be started: it lacks CAP_SYS_ADMIN: .*--privileged/, 'machine.capabilities'],
    ['with its data root on overlayfs', onOverlay(tscompose), /engine could not be started: .* is on overlayfs, .*TSCOMPOSE_ROOT/, 'kernel.overlay'],
  ])('%s', (_what, command, message, finding) => {
    const result = up(command);
    expect(result.output).toMatch(message);
    expect(result.output).toContain('tscompose doctor');
    expect(result.output.trimEnd().split('\n')).toHaveLength(2); // the error and the hint
    expect(result.exitCode).toBe(1);
    expect(problems(command)).toEqual([finding]);
    nothingIsMade();
  });

  it('without a static init runs what needs none, and refuses the rest before it is made', () => {
    const command = without(INITS, tscompose);
    const result = up(command, 'services:\n  web:\n    image: busybox\n    command: ["sleep", "1000"]\n    init: true\n');
    expect(result).toMatchObject({ exitCode: 1, output: expect.stringMatching(/init: a static init is needed .*install tini-static/) as string });
    expect(space.docker(['ps', '-aq']).stdout).toBe('');
    expect(problems(command)).toEqual([]);
    expect(space.exec([...command, 'doctor']).stdout).toMatch(/! static init +not found\n.*init: true.*\n.*mend: install tini-static/);
    space.ok(['down']);
  });

  it('where one is not root', () => {
    for (const path of [space.directory, join(space.directory, '..')]) chmodSync(path, 0o755);
    const command = [...NOBODY, ...tscompose];
    const asleep = up(command);
    expect(asleep).toMatchObject({ exitCode: 1, output: expect.stringMatching(/engine could not be started: it must run as root/) as string });
    expect(problems(command)).toEqual(['machine.root']);
    space.ok(['engine', 'start']);
    expect(space.exec([...command, 'up', '-d'])).toMatchObject({ exitCode: 1, output: expect.stringMatching(/permission denied; are you root, or in the group of the socket\?/) as string });
    chmodSync(space.directory, 0o700);
    const unreadable = space.exec([...command, 'up', '-d']);
    expect(unreadable.exitCode).toBe(1);
    expect(unreadable.output).toMatch(/^error: .*permission denied/);
    expect(unreadable.output).not.toMatch(/bug|\.cjs:/);
    nothingIsMade();
  });

  it('with everything again goes on', () => {
    expect(up(tscompose).exitCode).toBe(0);
    space.ok(['down', '-t', '0']);
    expect(readdirSync(join(space.root, 'containers'))).toEqual([]);
  });
});
