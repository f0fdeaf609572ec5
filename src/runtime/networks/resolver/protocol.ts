/**
 * What the engine and the resolver process say to each other: one JSON object per line over a unix socket.
 *
 * The records on disk are the truth; a message only says which of them to read again. So nothing is lost when either side dies:
 * a new resolver reads the directory, a new engine sends `sync`.
 */
import { join } from 'node:path';

/** A resolver of another version is asked to leave and is replaced; ports and names come back from the records. */
export const PROTOCOL_VERSION = 1;

export type Request =
  /** Read these sandboxes again; a missing record means that its sockets are closed. */
  | { readonly seq: number; readonly op: 'load'; readonly ids: readonly string[] }
  /** Read everything again. */
  | { readonly seq: number; readonly op: 'sync' }
  | { readonly seq: number; readonly op: 'exit' };

export interface LoadResult {
  /** Host ports in the order of the record's `ports`. */
  readonly ports?: readonly number[];
  readonly error?: { readonly code: string; readonly message: string; readonly protocol?: string; readonly address?: string; readonly port?: number };
}

export type Reply =
  | { readonly hello: number; readonly pid: number }
  | { readonly seq: number; readonly results: Readonly<Record<string, LoadResult>> };

export function controlSocket(dnsDir: string): string {
  return join(dnsDir, 'control.sock');
}

/** Locked (flock) by the one live resolver of a run root. */
export function resolverLock(dnsDir: string): string {
  return join(dnsDir, 'resolver.lock');
}

export function resolverLog(dnsDir: string): string {
  return join(dnsDir, 'resolver.log');
}

/** Calls `take` for every complete line of a stream of chunks. */
export function lineReader(take: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line);
  };
}
