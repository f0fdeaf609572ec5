import { readFileSync } from 'node:fs';
import { EngineError } from '../../base/index.ts';

/** By number, as in linux/capability.h. */
const ALL: readonly string[] = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT',
  'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE',
  'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ',
  'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`);

/** What a container has when nothing is said, as with Docker. */
export const DEFAULT_CAPS: readonly string[] = [
  'CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE',
  'SYS_CHROOT', 'KILL', 'AUDIT_WRITE',
].map((name) => `CAP_${name}`);

/** The capabilities that this engine may pass on: its own bounding set. */
export function boundingSet(status: string = readFileSync('/proc/self/status', 'utf8')): string[] {
  const mask = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return ALL.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}

/**
 * `net_admin`, `CAP_NET_ADMIN` and `ALL` in one spelling.
 * @throws EngineError invalid for an unknown name
 */
export function normalizeCap(name: string): string {
  const upper = name.toUpperCase();
  if (upper === 'ALL') return 'ALL';
  const cap = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!ALL.includes(cap)) throw new EngineError('invalid', `invalid capability: "${name}"`);
  return cap;
}

/**
 * The capabilities of a container.
 * @see Docker's rules: `drop ALL` then the added ones; `add ALL` then without the dropped ones; else defaults minus dropped plus added
 */
export function effectiveCaps(add: readonly string[], drop: readonly string[], privileged: boolean, available: readonly string[]): string[] {
  if (privileged) return [...available];
  const adds = add.map(normalizeCap);
  const drops = drop.map(normalizeCap);
  const dropped = (cap: string): boolean => drops.includes(cap);
  let caps: readonly string[];
  if (adds.includes('ALL')) caps = available.filter((cap) => !dropped(cap));
  else if (drops.includes('ALL')) caps = adds;
  else caps = [...DEFAULT_CAPS.filter((cap) => !dropped(cap)), ...adds];
  return [...new Set(caps)].filter((cap) => cap !== 'ALL' && available.includes(cap));
}
