/** The local driver's options as a mount. Pure. */
import { EngineError } from '../../base/index.ts';
import type { StringMap } from '../../engine-api/index.ts';
import { MS } from '../host/libc.ts';

const KEYS = ['type', 'o', 'device', 'size'];
/** An option needs others: a type without a device says nothing. */
const NEEDS: Readonly<Record<string, readonly string[]>> = { type: ['device'], device: ['type'], o: ['device', 'type'], size: ['device', 'type'] };

/** @throws EngineError invalid, as dockerd words it */
export function checkOptions(name: string, options: StringMap): void {
  for (const key of Object.keys(options)) {
    if (!KEYS.includes(key)) throw new EngineError('invalid', `create ${name}: invalid option: "${key}"`);
  }
  for (const key of KEYS) {
    for (const needed of options[key] ? (NEEDS[key] ?? []) : []) {
      if (!options[needed]) throw new EngineError('invalid', `create ${name}: missing required option: "${needed}"`);
    }
  }
  const all = Object.values(options).join('');
  if (all.includes('\0')) throw new EngineError('invalid', `create ${name}: an option must not contain NUL`);
}

export interface MountPlan {
  readonly type: string;
  readonly device: string;
  readonly flags: number;
  /** Options that are no flags, for the file system. */
  readonly data: string;
  /** The whole `o` for programs that do the mounting. */
  readonly text: string;
  /** These need a helper program that talks to a server. */
  readonly needsProgram: boolean;
}

const FLAGS: Readonly<Record<string, number>> = {
  ro: MS.RDONLY,
  nosuid: MS.NOSUID,
  nodev: MS.NODEV,
  noexec: MS.NOEXEC,
  noatime: MS.NOATIME,
  bind: MS.BIND,
  rbind: MS.BIND | MS.REC,
  sync: 16,
  dirsync: 128,
  mand: 64,
  nodiratime: 2048,
  relatime: 1 << 21,
  strictatime: 1 << 24,
};
const NO_FLAG = new Set(['defaults', 'rw', 'suid', 'dev', 'exec', 'async', 'atime', 'diratime', '']);
const PROGRAM_TYPES = new Set(['nfs', 'nfs4', 'cifs', 'smb3', 'glusterfs', 'ceph', 'fuse', '9p']);

/** @returns undefined for a plain volume */
export function planMount(options: StringMap | null): MountPlan | undefined {
  const { type, device, o = '' } = options ?? {};
  if (!type || !device) return undefined;
  let flags = 0;
  const data: string[] = [];
  for (const option of o.split(',')) {
    const flag = FLAGS[option];
    if (flag !== undefined) flags |= flag;
    else if (!NO_FLAG.has(option)) data.push(option);
  }
  return { type, device, flags, data: data.join(','), text: o, needsProgram: PROGRAM_TYPES.has(type) };
}
