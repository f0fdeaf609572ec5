/**
 * What the kernel must be able to do. Features are tried for real in throw-away namespaces: nothing of a trial outlives its process,
 * and a list of modules would not tell what is built in, what loads on demand, and what a container host forbids.
 */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from './finding.ts';
import { lackingCapabilities } from './machine.ts';
import type { Probe } from './probe.ts';

const NAMESPACES = [
  ['pid', 'processes of its own'],
  ['mnt', 'a file system of its own'],
  ['net', 'a network of its own'],
  ['uts', 'a host name of its own'],
  ['ipc', 'shared memory of its own'],
] as const;

/** @see linux/magic.h */
const OVERLAYFS_MAGIC = 0x794c7630;

export async function checkKernel(probe: Probe): Promise<Finding[]> {
  const findings = [...NAMESPACES.map(([name, use]) => namespace(probe, name, use)), seccomp(probe)];
  if (probe.uid !== 0 || lackingCapabilities(probe).length > 0 || probe.which('unshare') === undefined) return findings;
  const trials = [overlay(probe)];
  if (probe.which('ip') !== undefined) trials.push(link(probe, 'bridge'), link(probe, 'veth'));
  if (probe.which('nft') !== undefined) trials.push(nat(probe, 'ip'), nat(probe, 'ip6'));
  return [...findings, ...(await Promise.all(trials)), forwarding(probe)];
}

function namespace(probe: Probe, name: string, use: string): Finding {
  const base = { id: `kernel.namespace.${name}`, title: `${name} namespaces` };
  if (probe.exists(`/proc/self/ns/${name}`)) return { ...base, status: 'ok' };
  return { ...base, status: 'problem', reason: `each container gets ${use}`, mend: `use a kernel with CONFIG_${name === 'mnt' ? 'NAMESPACES' : `${name.toUpperCase()}_NS`}` };
}

function seccomp(probe: Probe): Finding {
  const base = { id: 'kernel.seccomp', title: 'seccomp filters' };
  if (/^Seccomp:/m.test(probe.readText('/proc/self/status') ?? '')) return { ...base, status: 'ok' };
  return { ...base, status: 'advice', reason: 'containers are denied dangerous system calls with it', mend: 'use a kernel with CONFIG_SECCOMP_FILTER' };
}

async function overlay(probe: Probe): Promise<Finding> {
  const base = { id: 'kernel.overlay', title: 'overlay file system' };
  const reason = 'image layers and the writable layer of a container are stacked with it';
  if (probe.fileSystem(probe.dataRoot) === OVERLAYFS_MAGIC) {
    const mend = 'put the data root on a disk or a volume: TSCOMPOSE_ROOT=/path';
    return { ...base, status: 'problem', reason, detail: `${probe.dataRoot} is on overlayfs itself, which cannot be stacked again`, mend };
  }
  const where = probe.exists(probe.dataRoot) ? probe.dataRoot : tmpdir();
  let folder: string;
  try {
    folder = mkdtempSync(join(where, '.tscompose-doctor-'));
  } catch (error) {
    return { ...base, status: 'problem', reason, detail: String(error), mend: `make ${where} writable` };
  }
  try {
    const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) => join(folder, name)) as [string, string, string, string];
    for (const path of [lower, upper, work, merged]) mkdirSync(path);
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    const { ok, output } = await probe.run(['unshare', '--mount', '--propagation', 'private', 'mount', '-t', 'overlay', 'overlay', '-o', options, merged]);
    if (ok) return { ...base, status: 'ok' };
    const mend = `load the module (modprobe overlay), or put the data root on ext4 or xfs: TSCOMPOSE_ROOT=/path (now ${probe.dataRoot})`;
    return { ...base, status: 'problem', reason, detail: output, mend, fix: { kind: 'run', commands: [['modprobe', 'overlay']] } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function link(probe: Probe, type: 'bridge' | 'veth'): Promise<Finding> {
  const base = { id: `kernel.${type}`, title: type === 'bridge' ? 'network bridges' : 'virtual network cables (veth)' };
  const { ok, output } = await probe.run(['unshare', '--net', 'ip', 'link', 'add', 'name', 'tscdoctor0', 'type', type]);
  if (ok) return { ...base, status: 'ok' };
  return {
    ...base,
    status: 'problem',
    detail: output,
    reason: 'containers are connected to their networks with it',
    mend: `load the module: modprobe ${type}`,
    fix: { kind: 'run', commands: [['modprobe', type]] },
  };
}

async function nat(probe: Probe, family: 'ip' | 'ip6'): Promise<Finding> {
  const base = { id: `kernel.nat.${family}`, title: `nf_tables with NAT (${family === 'ip' ? 'IPv4' : 'IPv6'})` };
  const rules = `table ${family} tscdoctor { chain c { type nat hook postrouting priority 100; policy accept; masquerade; }; }`;
  const { ok, output } = await probe.run(['unshare', '--net', 'nft', rules]);
  if (ok) return { ...base, status: 'ok' };
  return {
    ...base,
    status: family === 'ip' ? 'problem' : 'advice',
    detail: output.split('\n')[0] ?? '',
    reason: 'published ports and the way out of a network are rules of nf_tables',
    mend: 'load the modules: modprobe -a nf_tables nft_chain_nat nft_masq',
    fix: { kind: 'run', commands: [['modprobe', '-a', 'nf_tables', 'nft_chain_nat', 'nft_masq']] },
  };
}

/** The engine switches it on when it makes its first network, so being off is only worth a note. */
function forwarding(probe: Probe): Finding {
  const base = { id: 'kernel.ip_forward', title: 'IPv4 forwarding' };
  if (probe.readText('/proc/sys/net/ipv4/ip_forward')?.trim() === '1') return { ...base, status: 'ok' };
  return {
    ...base,
    status: 'note',
    detail: 'off',
    reason: 'containers reach other networks through this machine',
    mend: 'sysctl -w net.ipv4.ip_forward=1',
    fix: { kind: 'run', commands: [['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']] },
  };
}
