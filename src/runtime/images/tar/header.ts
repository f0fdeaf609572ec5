/**
 * Tar headers: ustar, GNU and PAX, read tolerantly, written as ustar with a PAX header only where ustar cannot say it.
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format"
 */
import type { BytePath } from '../../host/byte-path.ts';

export type TarType = 'file' | 'dir' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** One member of an archive. Paths are bytes as in the archive, not cleaned. */
export interface TarEntry {
  path: BytePath;
  type: TarType;
  /** Permission bits, with set-id and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of content; 0 for anything but files. */
  size: number;
  /** Seconds, fractions allowed. */
  mtime: number;
  linkPath: BytePath;
  major: number;
  minor: number;
  /** Name without `SCHILY.xattr.`; values are bytes. */
  xattrs?: Map<string, Buffer>;
}

/** A malformed archive. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

export const BLOCK = 512;

const TYPE_OF_FLAG: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};

/** The fixed 512-byte block, before long names and PAX records are applied. `flag` is the raw type flag. */
export interface RawHeader extends TarEntry {
  flag: string;
  /** Type unknown to us: the member is skipped. */
  known: boolean;
  gnu: boolean;
}

/** @returns undefined for a block of zeros @throws TarError */
export function decodeHeader(block: Buffer): RawHeader | undefined {
  const sum = checksum(block);
  if (sum === 256 && block[0] === 0) return undefined;
  if (sum !== number(block, 148, 8)) throw new TarError('invalid tar header: checksum mismatch');
  const flag = String.fromCharCode(block[156] ?? 0);
  const magic = block.toString('latin1', 257, 265);
  const ustar = magic.startsWith('ustar\0');
  let path = text(block, 0, 100);
  if (ustar && block[345] !== 0) path = `${text(block, 345, 155)}/${path}`;
  const type = TYPE_OF_FLAG[flag];
  return {
    path,
    flag,
    known: type !== undefined,
    gnu: magic.startsWith('ustar '),
    type: type ?? 'file',
    mode: number(block, 100, 8) & 0o7777,
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    linkPath: text(block, 157, 100),
    major: number(block, 329, 8),
    minor: number(block, 337, 8),
  };
}

/** Bytes up to the first NUL. */
export function text(block: Buffer, start: number, length: number): BytePath {
  const nul = block.indexOf(0, start);
  return block.toString('latin1', start, nul >= 0 && nul < start + length ? nul : start + length);
}

/** Octal text, or GNU's base-256 when the first bit is set. @throws TarError for what is no safe integer */
export function number(block: Buffer, start: number, length: number): number {
  const first = block[start] ?? 0;
  if (first & 0x80) return base256(block, start, length);
  const digits = text(block, start, length).trim();
  if (digits === '') return 0;
  const value = /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new TarError('invalid number in tar header');
  return value;
}

function base256(block: Buffer, start: number, length: number): number {
  const negative = (block[start] ?? 0) === 0xff;
  let value = 0n;
  for (let i = start + 1; i < start + length; i++) value = (value << 8n) | BigInt(block[i] ?? 0);
  if (negative) value -= 1n << BigInt(8 * (length - 1));
  if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < -BigInt(Number.MAX_SAFE_INTEGER)) throw new TarError('number in tar header out of range');
  return Number(value);
}

function checksum(block: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < 148; i++) sum += block[i] ?? 0;
  for (let i = 156; i < BLOCK; i++) sum += block[i] ?? 0;
  return sum;
}

/** Parses PAX records `LENGTH KEY=VALUE\n`. Values stay bytes. @throws TarError */
export function decodePax(data: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < data.length; ) {
    if (data[at] === 0) break; // padding that some writers count in
    const space = data.indexOf(0x20, at);
    const length = space > at && space - at < 10 ? Number(data.toString('latin1', at, space)) : Number.NaN;
    const end = at + length;
    const equals = data.indexOf(0x3d, space);
    if (!Number.isInteger(length) || end > data.length || equals < 0 || equals >= end || data[end - 1] !== 0x0a)
      throw new TarError('invalid PAX record');
    records.set(data.toString('utf8', space + 1, equals), data.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

const XATTR = 'SCHILY.xattr.';

/** @throws TarError for numbers that are none */
export function applyPax(entry: TarEntry, records: ReadonlyMap<string, Buffer>): void {
  for (const [key, value] of records) {
    if (key === 'path') entry.path = value.toString('latin1');
    else if (key === 'linkpath') entry.linkPath = value.toString('latin1');
    else if (key === 'size') entry.size = decimal(value);
    else if (key === 'uid') entry.uid = decimal(value);
    else if (key === 'gid') entry.gid = decimal(value);
    else if (key === 'mtime') entry.mtime = Number(value.toString('latin1')) || 0;
    else if (key === 'SCHILY.devmajor') entry.major = decimal(value);
    else if (key === 'SCHILY.devminor') entry.minor = decimal(value);
    else if (key.startsWith(XATTR)) (entry.xattrs ??= new Map()).set(key.slice(XATTR.length), Buffer.from(value));
  }
}

function decimal(value: Buffer): number {
  const digits = value.toString('latin1');
  const result = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(result)) throw new TarError(`invalid number in PAX record: ${digits.slice(0, 40)}`);
  return result;
}

const FLAG_OF_TYPE: Readonly<Record<TarType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  dir: '5',
  fifo: '6',
};

/** The blocks in front of a member's content: PAX header when needed, then ustar. Same entry, same bytes. */
export function encodeHeader(entry: TarEntry): Buffer {
  const pax: [string, Buffer][] = [];
  const name = splitName(entry.path);
  if (!name) pax.push(['path', Buffer.from(entry.path, 'latin1')]);
  if (entry.linkPath.length > 100 || !isAscii(entry.linkPath)) pax.push(['linkpath', Buffer.from(entry.linkPath, 'latin1')]);
  const mtime = Math.floor(entry.mtime);
  for (const [key, value, digits] of [['size', entry.size, 11], ['uid', entry.uid, 7], ['gid', entry.gid, 7], ['mtime', mtime, 11]] as const)
    if (!fits(value, digits)) pax.push([key, Buffer.from(String(value))]);
  for (const key of [...(entry.xattrs?.keys() ?? [])].sort()) pax.push([XATTR + key, entry.xattrs?.get(key) ?? Buffer.alloc(0)]);
  const block = ustar({ ...entry, mtime }, name ?? { prefix: '', name: entry.path.slice(0, 100) }, FLAG_OF_TYPE[entry.type]);
  if (pax.length === 0) return block;
  const records = Buffer.concat(pax.map(([key, value]) => paxRecord(key, value)));
  const paxBlock = ustar(
    { ...entry, mode: 0o644, uid: 0, gid: 0, mtime: 0, size: records.length, linkPath: '', major: 0, minor: 0 },
    { prefix: '', name: 'PaxHeaders/entry' },
    'x',
  );
  return Buffer.concat([paxBlock, records, padding(records.length), block]);
}

/** Zeros that fill up the last block of `size` bytes of content. */
export function padding(size: number): Buffer {
  return ZEROS.subarray(0, (BLOCK - (size % BLOCK)) % BLOCK);
}

const ZEROS = Buffer.alloc(BLOCK);
/** Two zero blocks end an archive. */
export const END_OF_ARCHIVE: Buffer = Buffer.alloc(2 * BLOCK);

function isAscii(value: string): boolean {
  return /^[\x00-\x7f]*$/.test(value); // eslint-disable-line no-control-regex
}

function fits(value: number, digits: number): boolean {
  return value >= 0 && value < 8 ** digits;
}

function splitName(path: BytePath): { prefix: string; name: string } | undefined {
  if (!isAscii(path)) return undefined;
  if (path.length <= 100) return { prefix: '', name: path };
  const slash = path.indexOf('/', path.length - 101);
  if (slash <= 0 || slash > 155 || slash === path.length - 1) return undefined;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

function ustar(entry: Omit<TarEntry, 'path' | 'type'>, name: { prefix: string; name: string }, flag: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name.name, 0, 100, 'latin1');
  octal(block, 100, 8, entry.mode);
  octal(block, 108, 8, entry.uid);
  octal(block, 116, 8, entry.gid);
  octal(block, 124, 12, entry.size);
  octal(block, 136, 12, entry.mtime);
  block.write('        ', 148, 'latin1');
  block.write(flag, 156, 'latin1');
  block.write(entry.linkPath, 157, 100, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(block, 329, 8, entry.major);
  octal(block, 337, 8, entry.minor);
  block.write(name.prefix, 345, 155, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function octal(block: Buffer, at: number, length: number, value: number): void {
  const digits = fits(value, length - 1) ? value.toString(8) : '0';
  block.write(`${digits.padStart(length - 1, '0')}\0`, at, 'latin1');
}

function paxRecord(key: string, value: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = body.length + String(body.length).length;
  if (String(length).length + body.length > length) length = body.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}
