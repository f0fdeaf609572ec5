import type { Socket } from 'node:net';

/**
 * The user id at the other end of a call's connection; undefined when that is no unix socket of ours.
 * Node has no public name for a socket's descriptor; without one the answer is "unknown", and nothing is granted.
 */
export async function callerUid(socket: Socket | null): Promise<number | undefined> {
  const fd = (socket as { _handle?: { fd?: unknown } } | null)?._handle?.fd;
  if (typeof fd !== 'number' || fd < 0) return undefined;
  const { peerUid } = await import('../runtime/index.ts');
  try {
    return peerUid(fd);
  } catch {
    return undefined;
  }
}
