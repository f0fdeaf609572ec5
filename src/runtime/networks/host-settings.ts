/** What the room needs switched on in the host's kernel. What it changed is written down; it is not undone, because others may rely on it by then. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTextIfExists, writeFileAtomic } from '../../base/index.ts';
import type { Logger } from '../../base/index.ts';
import { writeSysctl } from '../host/netns.ts';

/** Where the values that were found are kept, for `doctor`: sysctl key to old value. */
export function changedSettingsFile(dnsDir: string): string {
  return join(dnsDir, 'host-settings.json');
}

function read(key: string): string | undefined {
  return readTextIfExists(`/proc/sys/${key}`)?.trim();
}

export class HostSettings {
  readonly #file: string;
  readonly #logger: Logger;
  readonly #done = new Set<4 | 6>();

  constructor(dnsDir: string, logger: Logger) {
    this.#file = changedSettingsFile(dnsDir);
    this.#logger = logger;
  }

  /** Lets the host route between bridges and the outside. */
  enableForwarding(family: 4 | 6): void {
    if (this.#done.has(family)) return;
    this.#done.add(family);
    const key = family === 4 ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding';
    if (read(key) !== '0') return;
    if (family === 6) keepRouterAdvertisements((changed) => this.#change(changed, '2'));
    this.#change(key, '1');
  }

  #change(key: string, value: string): void {
    const before = read(key) ?? '';
    const known = JSON.parse(readTextIfExists(this.#file) ?? '{}') as Record<string, string>;
    writeFileAtomic(this.#file, JSON.stringify({ [key]: before, ...known }), { durable: false });
    writeSysctl(key, value);
    this.#logger.info('changed a kernel setting', { key, before, value });
  }
}

/** A host that forwards ignores router advertisements unless told otherwise: it would lose its own default route. */
function keepRouterAdvertisements(change: (key: string) => void): void {
  for (const name of readdirSync('/proc/sys/net/ipv6/conf')) {
    if (name === 'all' || name === 'default' || name === 'lo') continue;
    const key = `net/ipv6/conf/${name}/accept_ra`;
    if (read(key) === '1') change(key);
  }
}

/** Whether the host speaks IPv6 at all. */
export function hostHasIPv6(): boolean {
  return existsSync('/proc/net/if_inet6') && read('net/ipv6/conf/all/disable_ipv6') !== '1';
}

/** The range from which ephemeral host ports are taken. */
export function ephemeralRange(): { from: number; to: number } {
  const [from, to] = (read('net/ipv4/ip_local_port_range') ?? '').split(/\s+/).map(Number);
  return from !== undefined && to !== undefined && from > 0 && to > from ? { from, to } : { from: 32768, to: 60999 };
}

/** The host's own resolver settings; systemd-resolved's real servers instead of its loopback stub. */
export function readHostResolv(file = '/etc/resolv.conf'): string {
  try {
    const text = readFileSync(file, 'utf8');
    const stub = /^\s*nameserver\s+127\.0\.0\.53\s*$/m.test(text);
    return (stub ? readTextIfExists('/run/systemd/resolve/resolv.conf') : undefined) ?? text;
  } catch {
    return '';
  }
}
