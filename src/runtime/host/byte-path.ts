/**
 * File names are bytes on Linux, and archives bring names that are not UTF-8. A `BytePath` is a string with one character per
 * byte (latin1), so that names survive unchanged and compare in byte order. ASCII names, nearly all of them, are passed on as they are.
 */
export type BytePath = string;

const ASCII = /^[\x01-\x7f]*$/; // eslint-disable-line no-control-regex

/** What Node's fs functions take for this path. */
export function fsPath(path: BytePath): string | Buffer {
  return ASCII.test(path) ? path : Buffer.from(path, 'latin1');
}

/** A NUL-terminated argument for a native call, or the string itself when it is plain ASCII. */
export function nativePath(path: BytePath): string | Buffer {
  return ASCII.test(path) ? path : Buffer.from(`${path}\0`, 'latin1');
}

/** Byte form of a usual (UTF-8) path. */
export function bytePathOf(text: string): BytePath {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** For people and JSON: bytes that are not UTF-8 become U+FFFD. */
export function textOf(path: BytePath): string {
  return ASCII.test(path) ? path : Buffer.from(path, 'latin1').toString('utf8');
}
