/**
 * A real dockerd for differential tests: the one named by TSCOMPOSE_TEST_DOCKER_SOCK, else Debian's docker.io started in mount and network
 * namespaces of its own, so that it neither sees nor changes this machine's bridges and firewall.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from './host.ts';
import { busyboxTar } from './busybox-image.ts';
import { eventually } from './workspace.ts';

export interface Dockerd {
  /** Path of the API socket, usable from this mount namespace. */
  readonly socket: string;
  /** Argument list that enters dockerd's network namespace (empty when it is ours): prefix for requests to published ports. */
  readonly enterNetwork: readonly string[];
  stop(): Promise<void>;
}

/** Why no dockerd can be had here, or undefined. */
export function noDockerd(): string | undefined {
  if (process.env['TSCOMPOSE_TEST_DOCKER_SOCK']) return undefined;
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['dockerd', 'containerd', 'runc', 'iptables', 'unshare', 'docker'].filter((name) => !hasProgram(name));
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

/** Starts dockerd (or takes the given one) and makes sure that it has `busybox:latest`. Call `stop` in `afterAll`. */
export async function startDockerd(): Promise<Dockerd> {
  const given = process.env['TSCOMPOSE_TEST_DOCKER_SOCK'];
  if (given) return withBusybox({ socket: given, enterNetwork: [], stop: async () => {} });
  const base = mkdtempSync(join(tmpdir(), 'tsc-dockerd-'));
  const socket = join(base, 'docker.sock');
  mkdirSync(join(base, 'data'));
  const log = join(base, 'log');
  const child = spawn(
    'unshare',
    ['--mount', '--net', '--propagation', 'private', 'sh', '-ec', SETUP, 'sh', join(base, 'data'), join(base, 'exec'), socket, join(base, 'pid')],
    { stdio: ['ignore', openSync(log, 'w'), openSync(log, 'a')] },
  );
  const stop = () => stopDockerd(child, base);
  try {
    await eventually('dockerd', () => {
      if (child.exitCode !== null) throw new Error(readFileSync(log, 'utf8').slice(-2000));
      return existsSync(socket) && docker(socket, ['info']).status === 0;
    }, 60_000);
    return await withBusybox({ socket, enterNetwork: ['nsenter', '-t', String(child.pid), '-n', '--'], stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A private /run hides the host's sockets and pid files; the loopback is needed by docker-proxy. */
const SETUP = `
mount -t tmpfs tmpfs /run
ip link set lo up
exec dockerd --storage-driver overlay2 --data-root "$1" --exec-root "$2" --host "unix://$3" --pidfile "$4"
`;

const docker = (socket: string, args: readonly string[]) => spawnSync('docker', ['-H', `unix://${socket}`, ...args], { encoding: 'utf8' });

async function withBusybox(dockerd: Dockerd): Promise<Dockerd> {
  if (docker(dockerd.socket, ['image', 'inspect', 'busybox:latest']).status === 0) return dockerd;
  const tar = join(mkdtempSync(join(tmpdir(), 'tsc-busybox-image-')), 'busybox.tar');
  busyboxTar(tar);
  const done = docker(dockerd.socket, ['import', '-c', 'CMD ["sh"]', tar, 'busybox:latest']);
  rmSync(join(tar, '..'), { recursive: true });
  if (done.status !== 0) throw new Error(`docker import: ${done.stderr}`);
  return dockerd;
}

async function stopDockerd(child: ChildProcess, base: string): Promise<void> {
  const socket = join(base, 'docker.sock');
  const ids = docker(socket, ['ps', '-aq']).stdout?.split('\n').filter(Boolean) ?? [];
  if (ids.length > 0) docker(socket, ['rm', '-f', '-v', ...ids]);
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await eventually('the end of dockerd', () => child.exitCode !== null || child.signalCode !== null, 30_000).catch(() => child.kill('SIGKILL'));
  }
  rmSync(base, { recursive: true, force: true });
}
