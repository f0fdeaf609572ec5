/** The machine and what earlier runs left on it. */
import { join } from 'node:path';
import { formatBytes } from '../../base/index.ts';
import type { Finding } from './finding.ts';
import type { Probe } from './probe.ts';

const MIN_NODE_MAJOR = 20;
const SPACE_NEEDED = 512 * 1024 ** 2;
const SPACE_WANTED = 5 * 1024 ** 3;
const INODES_WANTED = 100_000;

export async function checkMachine(probe: Probe): Promise<Finding[]> {
  return [system(probe), node(probe), root(probe), ...capabilities(probe), space(probe), layout(probe), await engine(probe), leftMounts(probe)];
}

function system(probe: Probe): Finding {
  const base = { id: 'machine.system', title: 'Linux', detail: probe.kernelRelease };
  if (probe.platform === 'linux') return { ...base, status: 'ok' };
  return { ...base, status: 'problem', reason: 'containers are a feature of Linux', mend: 'use --host to drive an engine on a Linux machine' };
}

function node(probe: Probe): Finding {
  const base = { id: 'machine.node', title: 'Node.js', detail: probe.nodeVersion };
  if (Number(probe.nodeVersion.split('.')[0]) >= MIN_NODE_MAJOR) return { ...base, status: 'ok' };
  return { ...base, status: 'problem', reason: `tscompose needs Node.js ${MIN_NODE_MAJOR} or newer`, mend: 'install a newer Node.js' };
}

function root(probe: Probe): Finding {
  if (probe.uid === 0) return { id: 'machine.root', title: 'root', status: 'ok' };
  return {
    id: 'machine.root',
    title: 'root',
    status: 'problem',
    detail: `running as uid ${probe.uid}`,
    reason: 'the engine makes mounts, bridges and firewall rules',
    mend: 'run as root (sudo tscompose ...), or use another engine with --host',
  };
}

const CAPABILITIES = [['CAP_SYS_ADMIN', 21], ['CAP_NET_ADMIN', 12]] as const;

/** Names of what root lacks here; numbers as in linux/capability.h. Without them a trial of the kernel says nothing about the kernel. */
export function lackingCapabilities(probe: Probe): string[] {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(probe.readText('/proc/self/status') ?? '')?.[1];
  return mask === undefined ? [] : CAPABILITIES.filter(([, bit]) => ((BigInt(`0x${mask}`) >> BigInt(bit)) & 1n) === 0n).map(([name]) => name);
}

function capabilities(probe: Probe): Finding[] {
  if (probe.uid !== 0) return [];
  const base = { id: 'machine.capabilities', title: 'capabilities of root' };
  const missing = lackingCapabilities(probe);
  if (missing.length === 0) return [{ ...base, status: 'ok' }];
  return [{
    ...base,
    status: 'problem',
    detail: `without ${missing.join(', ')}`,
    reason: 'the engine makes mounts, bridges and firewall rules',
    mend: 'run tscompose on the machine itself, or in a container with --privileged',
  }];
}

function space(probe: Probe): Finding {
  const base = { id: 'machine.space', title: `space at ${probe.dataRoot}` };
  const free = probe.free(probe.dataRoot);
  if (free === undefined) return { ...base, status: 'note', detail: 'unknown' };
  const detail = `${formatBytes(free.bytes)} free`;
  const mend = `remove what is not needed, or move the data: TSCOMPOSE_ROOT=/path`;
  if (free.bytes < SPACE_NEEDED) return { ...base, status: 'problem', detail, reason: 'images and containers need room', mend };
  if (free.bytes < SPACE_WANTED) return { ...base, status: 'advice', detail, reason: 'images take some gigabytes', mend };
  if (free.inodes < INODES_WANTED) return { ...base, status: 'advice', detail: `${free.inodes} inodes free`, reason: 'images have many small files', mend };
  return { ...base, status: 'ok', detail };
}

const KNOWN_LAYOUT = 1;

function layout(probe: Probe): Finding {
  const base = { id: 'state.layout', title: 'layout of the data root' };
  const text = probe.readText(join(probe.dataRoot, 'layout'));
  if (text === undefined) return { ...base, status: 'ok', detail: 'not made yet' };
  const version = Number(/"version"\s*:\s*(\d+)/.exec(text)?.[1]);
  if (version <= KNOWN_LAYOUT) return { ...base, status: 'ok', detail: `version ${version}` };
  return { ...base, status: 'problem', detail: text.trim().slice(0, 80), reason: 'it was written by a newer tscompose', mend: 'update tscompose, or use another TSCOMPOSE_ROOT' };
}

async function engine(probe: Probe): Promise<Finding> {
  const base = { id: 'state.engine', title: 'engine' };
  const socket = join(probe.runRoot, 'engine.sock');
  if (!probe.exists(socket)) return { ...base, status: 'ok', detail: 'asleep; it starts when needed' };
  if (await probe.answers(socket)) return { ...base, status: 'ok', detail: `running at ${socket}` };
  return { ...base, status: 'ok', detail: 'not running; the next command starts it and takes up what it left' };
}

/** Mounts below our data root that no container record explains: the engine removes them when it starts. */
function leftMounts(probe: Probe): Finding {
  const base = { id: 'state.mounts', title: 'left-over mounts' };
  const prefix = join(probe.dataRoot, 'snapshots', 'rw', '/');
  const lost = (probe.readText('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
    const path = line.split(' ')[4] ?? '';
    if (!path.startsWith(prefix)) return [];
    const id = path.slice(prefix.length).split('/')[0] ?? '';
    return probe.exists(join(probe.dataRoot, 'containers', id, 'config.json')) ? [] : [path];
  });
  if (lost.length === 0) return { ...base, status: 'ok', detail: 'none' };
  return {
    ...base,
    status: 'advice',
    detail: lost.slice(0, 3).join(', ') + (lost.length > 3 ? ` and ${lost.length - 3} more` : ''),
    reason: 'they belong to containers that no longer exist',
    mend: 'start the engine, which sweeps them: tscompose engine start',
    fix: { kind: 'run', commands: lost.map((path) => ['umount', '-l', path]) },
  };
}
