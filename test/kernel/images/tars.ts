/** Tars made by hand, and streams of them. */
import { Readable } from 'node:stream';
import { encodeHeader, END_OF_ARCHIVE, padding, type TarEntry } from '../../../src/runtime/images/index.ts';

export type Member = Partial<Omit<TarEntry, 'size' | 'path'>> & { path: string; content?: string | Uint8Array };

/** A tar of members in the given order. */
export function tar(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  for (const { content, ...member } of members) {
    const bytes = Buffer.from(content ?? '');
    const entry: TarEntry = {
      type: member.path.endsWith('/') ? 'dir' : 'file',
      mode: member.path.endsWith('/') ? 0o755 : 0o644,
      uid: 0,
      gid: 0,
      size: bytes.length,
      mtime: 1_600_000_000,
      linkPath: '',
      major: 0,
      minor: 0,
      ...member,
    };
    parts.push(encodeHeader(entry), bytes, padding(bytes.length));
  }
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

export function stream(bytes: Uint8Array, chunk = 60_000): Readable {
  return Readable.from((function* () {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  })(), { objectMode: false });
}

export async function drain(messages: AsyncIterable<{ error?: string; stream?: string; status?: string; id?: string }>): Promise<{ error?: string; stream?: string; status?: string; id?: string }[]> {
  const all = [];
  for await (const message of messages) all.push(message);
  return all;
}
