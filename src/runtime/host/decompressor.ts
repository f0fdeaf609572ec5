/**
 * Streams that undo compression: gzip in Node's own zlib (on the thread pool), zstd in zlib where Node has it, the rest by the
 * machine's own programs.
 */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { EngineError } from '../../base/index.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** Bytes that `detectCompression` wants to see. */
export const MAGIC_LENGTH = 6;

/** Tells the compression from the first bytes. */
export function detectCompression(head: Uint8Array): Compression {
  for (const [name, magic] of MAGIC) if (magic.every((byte, i) => head[i] === byte)) return name;
  const skippable = head.length >= 4 && (head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return skippable ? 'zstd' : 'none';
}

const CHUNK = 256 * 1024;

/**
 * A transform from compressed to plain bytes; undefined for `none`. Bad input is an `error` of the stream.
 * @throws EngineError invalid when this machine cannot undo the compression
 */
export function createDecompressor(compression: Compression): Duplex | undefined {
  switch (compression) {
    case 'none':
      return undefined;
    case 'gzip':
      return zlib.createGunzip({ chunkSize: CHUNK });
    case 'zstd': {
      const native = (zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Duplex }).createZstdDecompress;
      return native ? native({ chunkSize: CHUNK }) : filterProcess('zstd', ['-dcq']);
    }
    case 'bzip2':
      return filterProcess('bzip2', ['-dc']);
    case 'xz':
      return filterProcess('xz', ['-dcq']);
  }
}

/** stdin to stdout of a program as a Duplex. Destroying it ends the program. */
export function filterProcess(program: string, args: readonly string[]): Duplex {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 1000) stderr += chunk.toString('utf8');
  });
  const duplex = Duplex.from({ writable: child.stdin, readable: child.stdout });
  const fail = (message: string, cause?: unknown) => duplex.destroy(new EngineError('invalid', message, { cause }));
  child.on('error', (cause: NodeJS.ErrnoException) =>
    fail(cause.code === 'ENOENT' ? `${program} is needed to unpack this archive and is not installed` : `cannot run ${program}: ${cause.message}`, cause),
  );
  child.on('exit', (code, signal) => {
    if (code !== 0 && !duplex.destroyed) fail(`${program}: ${stderr.trim() || `ended with ${code ?? signal}`}`);
  });
  duplex.on('close', () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return duplex;
}
