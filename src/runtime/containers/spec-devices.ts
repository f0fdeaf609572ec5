import { lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, errnoCode } from '../../base/index.ts';
import type { HostConfig } from '../../engine-api/index.ts';
import type { OciDevice, OciDeviceRule } from './oci.ts';
import { majorOf, minorOf } from './spec-resources.ts';

const char = (major: number | undefined, minor: number | undefined, access = 'rwm'): OciDeviceRule => ({
  allow: true,
  type: 'c',
  ...(major !== undefined && { major }),
  ...(minor !== undefined && { minor }),
  access,
});

/** null, zero, full, tty, random, urandom, console, pts and ptmx; any node may be made, few may be opened. */
const DEFAULT_RULES: readonly OciDeviceRule[] = [
  { allow: false, access: 'rwm' },
  char(undefined, undefined, 'm'),
  { allow: true, type: 'b', access: 'm' },
  ...[3, 5, 7, 8, 9].map((minor) => char(1, minor)),
  ...[0, 1, 2].map((minor) => char(5, minor)),
  char(136, undefined),
];

export interface Devices {
  readonly nodes: OciDevice[];
  readonly rules: OciDeviceRule[];
}

/**
 * Device nodes to make and rules for opening them.
 * @throws EngineError internal when a device that was asked for is not there, in dockerd's words
 */
export function containerDevices(host: Pick<HostConfig, 'Privileged' | 'Devices' | 'DeviceCgroupRules' | 'DeviceRequests'>): Devices {
  if (host.DeviceRequests?.length) {
    const { Driver = '', Capabilities } = host.DeviceRequests[0] ?? {};
    const wanted = (Capabilities ?? []).map((set) => `[${set.join(' ')}]`).join(' ');
    throw new EngineError('internal', `could not select device driver "${Driver}" with capabilities: [${wanted}]`);
  }
  if (host.Privileged) return { nodes: hostDevices('/dev'), rules: [{ allow: true, access: 'rwm' }] };
  const nodes: OciDevice[] = [];
  const rules = [...DEFAULT_RULES];
  for (const { PathOnHost, PathInContainer, CgroupPermissions } of host.Devices ?? []) {
    for (const node of deviceNodes(PathOnHost, PathInContainer || PathOnHost)) {
      nodes.push(node);
      rules.push({ allow: true, type: node.type === 'b' ? 'b' : 'c', major: node.major, minor: node.minor, access: CgroupPermissions || 'rwm' });
    }
  }
  for (const rule of host.DeviceCgroupRules ?? []) rules.push(parseDeviceRule(rule));
  return { nodes, rules };
}

/** `c 189:* rwm` @throws EngineError invalid */
export function parseDeviceRule(text: string): OciDeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw new EngineError('invalid', `invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access] = match;
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major !== '*' && { major: Number(major) }),
    ...(minor !== '*' && { minor: Number(minor) }),
    access: access ?? '',
  };
}

function deviceNodes(onHost: string, inContainer: string): OciDevice[] {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(onHost); // follows: /dev/disk/by-id names are symlinks
  } catch (cause) {
    throw missing(onHost, errnoCode(cause) === 'ENOENT' ? 'no such file or directory' : String(cause), cause);
  }
  if (stat?.isDirectory()) return hostDevices(onHost).map((node) => ({ ...node, path: inContainer + node.path.slice(onHost.length) }));
  if (!stat || !(stat.isCharacterDevice() || stat.isBlockDevice())) throw missing(onHost, 'not a device node');
  return [toDevice(inContainer, stat)];
}

function missing(path: string, why: string, cause?: unknown): EngineError {
  return new EngineError('internal', `error gathering device information while adding custom device "${path}": ${why}`, { cause });
}

function toDevice(path: string, stat: { rdev: number; mode: number; uid: number; gid: number; isBlockDevice(): boolean }): OciDevice {
  return {
    path,
    type: stat.isBlockDevice() ? 'b' : 'c',
    major: majorOf(stat.rdev),
    minor: minorOf(stat.rdev),
    fileMode: stat.mode & 0o777,
    uid: stat.uid,
    gid: stat.gid,
  };
}

/** What a container gets for itself anyway, or must not share. */
const SKIPPED = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev', 'console', 'ptmx']);

function hostDevices(directory: string): OciDevice[] {
  const found: OciDevice[] = [];
  for (const name of readdirSync(directory)) {
    if (SKIPPED.has(name)) continue;
    const path = join(directory, name);
    try {
      const stat = lstatSync(path);
      if (stat.isDirectory()) found.push(...hostDevices(path));
      else if (stat.isCharacterDevice() || stat.isBlockDevice()) found.push(toDevice(path, stat));
    } catch {
      // unplugged meanwhile
    }
  }
  return found;
}
