/** Sends one blob: skips what is there, mounts what another repository has, goes on after a broken connection. */
import { isEngineError } from '../../../base/index.ts';
import type { Descriptor } from '../media-types.ts';
import type { RepositoryClient } from './client.ts';
import { TransportError } from './http.ts';
import { RegistryError } from './registry-error.ts';

const ATTEMPTS = 5;

export interface UploadSource extends Descriptor {
  /** The bytes from an offset on. */
  read(offset: number): AsyncIterable<Uint8Array>;
}

export interface UploadHooks {
  onBytes(bytes: number): void;
  /** Bytes that count as sent before an attempt. */
  onRestart(offset: number): void;
  signal: AbortSignal;
}

/**
 * @param mountFrom  repositories of the same registry that may have the blob
 * @returns what was needed
 */
export async function uploadBlob(
  client: RepositoryClient,
  source: UploadSource,
  mountFrom: readonly string[],
  hooks: UploadHooks,
): Promise<{ kind: 'exists' } | { kind: 'mounted'; from: string } | { kind: 'pushed' }> {
  const { signal } = hooks;
  if (await client.hasBlob(source.digest, signal)) return { kind: 'exists' };
  let url: string | undefined;
  for (const from of mountFrom) {
    url = await client.startUpload({ digest: source.digest, from }, signal).catch((error: unknown) => {
      if (error instanceof RegistryError) return ''; // not allowed to read there, or no such repository
      throw error;
    });
    if (url === undefined) return { kind: 'mounted', from };
    if (url !== '') break;
  }
  await send(client, source, url || undefined, hooks);
  return { kind: 'pushed' };
}

async function send(client: RepositoryClient, source: UploadSource, begun: string | undefined, hooks: UploadHooks): Promise<void> {
  let position = begun === undefined ? undefined : { url: begun, offset: 0 };
  for (let attempt = 1; ; attempt++) {
    try {
      position ??= { url: (await client.startUpload(undefined, hooks.signal)) ?? '', offset: 0 };
      if (position.url === '') return;
      hooks.onRestart(position.offset);
      const { offset } = position;
      const end = await client.sendChunk(position.url, () => counted(source.read(offset), hooks.onBytes), offset, source.size, hooks.signal);
      return await client.finishUpload(end, source.digest, hooks.signal);
    } catch (error) {
      if (attempt >= ATTEMPTS || !isWorthAnother(error)) throw error;
      await client.http.pause(client.http.backoffMs(attempt), hooks.signal);
      position = position && (await client.uploadStatus(position.url, hooks.signal).catch(() => undefined));
    }
  }
}

async function* counted(bytes: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    yield chunk;
    onBytes(chunk.length);
  }
}

function isWorthAnother(error: unknown): boolean {
  if (isEngineError(error, 'cancelled')) return false;
  if (error instanceof TransportError) return true;
  // 404: the upload was forgotten; 416: we and the registry disagree about the offset
  return error instanceof RegistryError && (error.status === 404 || error.status === 416 || error.status === 429 || error.status >= 500);
}
