import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that has a socket bound to a port of this host. */
export interface SocketOwner {
  readonly pid: number;
  readonly program: string;
}

const TCP_LISTEN = '0A';

/**
 * Who listens on a port in this process's network namespace. Walks all processes: for error messages only.
 * @returns undefined when nobody is found, or the owner is out of sight (another pid namespace)
 */
export function findSocketOwner(protocol: 'tcp' | 'udp', port: number): SocketOwner | undefined {
  const inodes = new Set([...boundInodes(`/proc/self/net/${protocol}`, protocol, port), ...boundInodes(`/proc/self/net/${protocol}6`, protocol, port)]);
  if (inodes.size === 0) return undefined;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !holds(name, inodes)) continue;
    return { pid: Number(name), program: (read(`/proc/${name}/comm`) ?? '').trim() };
  }
  return undefined;
}

function boundInodes(table: string, protocol: 'tcp' | 'udp', port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return (read(table) ?? '').split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const matches = fields[1]?.endsWith(suffix) && (protocol === 'udp' || fields[3] === TCP_LISTEN);
    return matches && fields[9] !== undefined ? [fields[9]] : [];
  });
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const match = /^socket:\[(\d+)\]$/.exec(link(`/proc/${pid}/fd/${fd}`));
      return match !== null && inodes.has(match[1] ?? '');
    });
  } catch {
    return false; // it ended, or is not ours to look into
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
