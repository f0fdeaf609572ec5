import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { fsPath, type BytePath } from '../../host/byte-path.ts';
import { createDecompressor, detectCompression } from '../../host/decompressor.ts';

const BLOCK = 512;

/** Whether a file is a tar archive, plain or compressed: what ADD unpacks. The content decides, not the name. */
export async function isArchive(path: BytePath): Promise<boolean> {
  const head = readHead(path);
  const compression = detectCompression(head);
  if (compression === 'none') return isTarHeader(head);
  const decompressor = createDecompressor(compression);
  if (!decompressor) return false;
  const input = createReadStream(fsPath(path));
  input.on('error', (error) => decompressor.destroy(error));
  input.pipe(decompressor);
  let plain: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of decompressor) {
      plain = Buffer.concat([plain, chunk as Buffer]);
      if (plain.length >= BLOCK) break;
    }
  } catch {
    return false; // damaged, or compressed by something that this machine does not have: copied as it is
  } finally {
    input.destroy();
    decompressor.destroy();
  }
  return isTarHeader(plain);
}

function readHead(path: BytePath): Buffer {
  const fd = openSync(fsPath(path), 'r');
  try {
    const head = Buffer.alloc(BLOCK);
    return head.subarray(0, readSync(fd, head, 0, BLOCK, 0));
  } finally {
    closeSync(fd);
  }
}

function isTarHeader(block: Buffer): boolean {
  if (block.length < BLOCK || block[0] === 0) return false;
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  const field = block.toString('latin1', 148, 156).replace(/[\0 ]+$/, '').trim();
  return /^[0-7]+$/.test(field) && Number.parseInt(field, 8) === sum;
}
