/**
 * POSIX (ustar) tar entries with PAX headers where ustar is too narrow. Headers only: who writes an archive streams the contents,
 * which keeps packing a large build context a matter of reading files.
 */
const BLOCK = 512;
/** Two empty blocks end an archive. */
export const TAR_END: Buffer = Buffer.alloc(2 * BLOCK);

/** The largest number that eleven octal digits hold. */
const MAX_OCTAL = 0o77777777777;

export interface TarHeader {
  /** Relative, without a leading slash; a directory's ends in one. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Bytes of content that follow, 0 for others than files. */
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Unix seconds. */
  readonly mtime: number;
  readonly linkTarget?: string;
}

const TYPE_FLAGS: Readonly<Record<TarHeader['type'], string>> = { file: '0', directory: '5', symlink: '2' };

/** The header of an entry; a PAX header stands before it when a name is long or not ASCII, or a file is 8 GiB or larger. */
export function tarHeader(entry: TarHeader): Buffer {
  const records: [string, string][] = [];
  if (!fitsField(entry.name)) records.push(['path', entry.name]);
  if (entry.linkTarget !== undefined && !fitsField(entry.linkTarget)) records.push(['linkpath', entry.linkTarget]);
  if (entry.size > MAX_OCTAL) records.push(['size', String(entry.size)]);
  const main = block(entry, TYPE_FLAGS[entry.type]);
  if (records.length === 0) return main;
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const pax: TarHeader = { name: 'PaxHeader', type: 'file', size: body.length, uid: 0, gid: 0, mode: 0o644, mtime: entry.mtime };
  return Buffer.concat([block(pax, 'x'), body, tarPadding(body.length), main]);
}

/** What follows content so that the next header begins at a block. */
export function tarPadding(size: number): Buffer {
  const rest = size % BLOCK;
  return rest === 0 ? Buffer.alloc(0) : Buffer.alloc(BLOCK - rest);
}

/** Header, content and padding of a small file. */
export function tarFile(entry: Omit<TarHeader, 'type' | 'size'>, content: Uint8Array): Buffer {
  return Buffer.concat([tarHeader({ ...entry, type: 'file', size: content.length }), content, tarPadding(content.length)]);
}

function fitsField(text: string): boolean {
  return text.length <= 100 && /^[\x20-\x7e]*$/.test(text);
}

function block(entry: TarHeader, flag: string): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(fieldText(entry.name), 0, 100, 'latin1');
  octal(bytes, 100, 8, entry.mode & 0o7777);
  octal(bytes, 108, 8, entry.uid);
  octal(bytes, 116, 8, entry.gid);
  octal(bytes, 124, 12, entry.size > MAX_OCTAL ? 0 : entry.size);
  octal(bytes, 136, 12, Math.max(0, entry.mtime));
  bytes.write('        ', 148, 8, 'latin1'); // the checksum is taken with blanks in its place
  bytes.write(flag, 156, 1, 'latin1');
  if (entry.linkTarget !== undefined) bytes.write(fieldText(entry.linkTarget), 157, 100, 'latin1');
  bytes.write('ustar\u000000', 257, 8, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return bytes;
}

/** What a reader without PAX would see of a name that does not fit. */
function fieldText(text: string): string {
  return fitsField(text) ? text : text.slice(-60).replace(/[^\x20-\x7e]/g, '_');
}

/** Numbers that do not fit in octal are written in base 256, as GNU tar does. */
function octal(bytes: Buffer, at: number, length: number, value: number): void {
  const text = value.toString(8);
  if (text.length < length) {
    bytes.write(`${text.padStart(length - 1, '0')}\0`, at, length, 'latin1');
    return;
  }
  bytes.writeUIntBE(value, at + length - 6, 6);
  bytes[at] = 0x80;
}

/** `LENGTH key=value\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const body = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(body);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length = String(length).length + bytes;
  return Buffer.from(`${length}${body}`);
}
