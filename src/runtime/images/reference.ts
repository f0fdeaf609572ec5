/**
 * Image references: `[host[:port]/]path[:tag][@digest]`, with Docker Hub's shorthand.
 * Grammar and messages follow the reference package of the distribution project, which dockerd uses.
 */
import { EngineError } from '../../base/index.ts';
import type { Digest } from '../parts.ts';

export const DEFAULT_DOMAIN = 'docker.io';
const OFFICIAL = 'library/';

/** A normalised reference: `domain` and `path` are always there (`docker.io`, `library/busybox`). */
export interface Reference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

const COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = new RegExp(`^(?:${COMPONENT}(?:\\.${COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const SHA256 = /^sha256:[0-9a-f]{64}$/;
const MAX_NAME = 255;

/** True for `sha256:` and 64 lower-case hexadecimal digits, the only digests that we store. */
export function isDigest(text: string): boolean {
  return SHA256.test(text);
}

/** The digits of a digest that was checked before. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** @throws EngineError invalid, with dockerd's message */
export function parseReference(text: string): Reference {
  if (/^[0-9a-f]{64}$/.test(text)) throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  if (text === '') throw invalid('invalid reference format');
  const { domain, rest } = splitDomain(text);
  const at = rest.indexOf('@');
  const digest = at >= 0 ? rest.slice(at + 1) : undefined;
  const named = at >= 0 ? rest.slice(0, at) : rest;
  const colon = named.indexOf(':');
  const path = colon >= 0 ? named.slice(0, colon) : named;
  const tag = colon >= 0 ? named.slice(colon + 1) : undefined;
  if (path !== path.toLowerCase()) throw invalid(`invalid reference format: repository name (${path}) must be lowercase`);
  const badDigest = digest !== undefined && !DIGEST.test(digest);
  if (!DOMAIN.test(domain) || !PATH.test(path) || (tag !== undefined && !TAG.test(tag)) || badDigest) throw invalid('invalid reference format');
  if (domain.length + 1 + path.length > MAX_NAME) throw invalid(`repository name must not be more than ${MAX_NAME} characters`);
  if (digest !== undefined && !isDigest(digest)) {
    const algorithm = digest.slice(0, digest.indexOf(':'));
    throw invalid(algorithm === 'sha256' ? 'invalid checksum digest length' : 'unsupported digest algorithm');
  }
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The same for text that may be anything. @returns undefined instead of throwing */
export function tryParseReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

/** The first component is a host when it looks like one: a dot, a port, `localhost`, or upper-case letters. */
function splitDomain(text: string): { domain: string; rest: string } {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  let domain = isHost ? first : DEFAULT_DOMAIN;
  let rest = isHost ? text.slice(slash + 1) : text;
  if (domain === 'index.docker.io') domain = DEFAULT_DOMAIN;
  if (domain === DEFAULT_DOMAIN && !rest.includes('/')) rest = OFFICIAL + rest;
  return { domain, rest };
}

/** Adds `:latest` when there is neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** `docker.io/library/busybox` */
export function repositoryOf(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** `docker.io/library/busybox:latest`, the form in which records keep it. */
export function formatReference(reference: Reference): string {
  return repositoryOf(reference) + suffix(reference);
}

/** `busybox`: without what Docker Hub's shorthand implies. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryOf(reference);
  const official = reference.path.startsWith(OFFICIAL) && !reference.path.slice(OFFICIAL.length).includes('/');
  return official ? reference.path.slice(OFFICIAL.length) : reference.path;
}

/** `busybox:latest` as people know it. */
export function familiarString(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

/** Familiar form of a stored (normalised) reference. */
export function familiar(stored: string): string {
  return familiarString(parseReference(stored));
}

function suffix(reference: Reference): string {
  return (reference.tag === undefined ? '' : `:${reference.tag}`) + (reference.digest === undefined ? '' : `@${reference.digest}`);
}

/**
 * A target for `tag`: a name with an optional tag, `latest` by default.
 * @throws EngineError invalid
 */
export function parseTagTarget(repo: string, tag: string | undefined): Reference {
  const base = parseReference(repo);
  if (base.digest !== undefined) throw invalid('refusing to create a tag with a digest reference');
  if (tag === undefined || tag === '') return withDefaultTag(base);
  if (!TAG.test(tag)) throw invalid('invalid tag format');
  return { domain: base.domain, path: base.path, tag };
}
