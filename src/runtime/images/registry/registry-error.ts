/** What a registry's refusals mean and how dockerd words them. @see OCI distribution specification, "Error Codes" */
import { EngineError, type EngineErrorKind } from '../../../base/index.ts';
import { familiarName, familiarString, type Reference } from '../reference.ts';
import type { HttpResponse } from './http.ts';

/** An answer other than success. `code` is the registry's (`MANIFEST_UNKNOWN`), '' when it gave none. */
export class RegistryError extends EngineError {
  readonly status: number;
  readonly code: string;
  /** The `Retry-After` header. */
  readonly retryAfter: string | undefined;

  constructor(kind: EngineErrorKind, message: string, status: number, code: string, retryAfter?: string) {
    super(kind, message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

const KINDS: Readonly<Record<number, EngineErrorKind>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'notFound', 429: 'unavailable' };

/** For answers without a body, as to HEAD. */
const SILENT: Readonly<Record<number, string>> = {
  401: 'unauthorized: authentication required',
  403: 'denied: requested access to the resource is denied',
  429: 'toomanyrequests: too many requests to the registry',
};

/** @param what  `Get "https://…"`, used when the registry gives no reason */
export function registryError(response: Pick<HttpResponse, 'status' | 'headers'>, body: Buffer, what: string): RegistryError {
  const { status } = response;
  const { code, text } = firstError(body);
  const kind = KINDS[status] ?? (status >= 500 ? 'unavailable' : 'internal');
  const message = text || SILENT[status] || `${what}: unexpected status ${status}`;
  return new RegistryError(kind, message, status, code, response.headers['retry-after']);
}

function firstError(body: Buffer): { code: string; text: string } {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { errors?: { code?: unknown; message?: unknown }[]; details?: unknown };
    const error = parsed.errors?.[0];
    if (!error && typeof parsed.details === 'string') return { code: 'UNAUTHORIZED', text: `unauthorized: ${parsed.details}` }; // Docker Hub's token server
    const code = typeof error?.code === 'string' ? error.code : '';
    const message = typeof error?.message === 'string' ? error.message : '';
    const words = code.toLowerCase().replaceAll('_', ' ');
    return { code, text: [words, message].filter(Boolean).join(': ') };
  } catch {
    return { code: '', text: '' };
  }
}

/** dockerd's sentences around a failed pull. */
export function pullError(error: unknown, reference: Reference): unknown {
  if (!(error instanceof RegistryError)) return error;
  const about = (text: string) => new EngineError('notFound', `${text}: ${error.message}`, { cause: error });
  if (error.code === 'DENIED' || (error.status === 403 && error.code === ''))
    return about(`pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login'`);
  if (error.code === 'NAME_UNKNOWN') return about(`repository ${familiarName(reference)} not found`);
  if (error.code === 'MANIFEST_UNKNOWN' || error.status === 404) return about(`manifest for ${familiarString(reference)} not found`);
  return error;
}
