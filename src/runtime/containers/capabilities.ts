import { EngineError } from '../../base/index.ts';
import { ALL_CAPS } from '../host/bounding-set.ts';

/** What a container has when nothing is said, as with Docker. */
export const DEFAULT_CAPS: readonly string[] = [
  'CHOWN', 'DAC_OVERRIDE', 'FSETID', 'FOWNER', 'MKNOD', 'NET_RAW', 'SETGID', 'SETUID', 'SETFCAP', 'SETPCAP', 'NET_BIND_SERVICE',
  'SYS_CHROOT', 'KILL', 'AUDIT_WRITE',
].map((name) => `CAP_${name}`);

/**
 * `net_admin`, `CAP_NET_ADMIN` and `ALL` in one spelling.
 * @throws EngineError invalid for an unknown name
 */
export function normalizeCap(name: string): string {
  const upper = name.toUpperCase();
  if (upper === 'ALL') return 'ALL';
  const cap = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!ALL_CAPS.includes(cap)) throw new EngineError('invalid', `invalid capability: "${name}"`);
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
