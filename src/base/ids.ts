import { randomBytes } from 'node:crypto';

/** A new 64-digit hexadecimal id, as Docker gives to containers and networks. */
export function newId(): string {
  return randomBytes(32).toString('hex');
}

/** The first 12 digits of an id, with any `sha256:` dropped: what tables print. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
