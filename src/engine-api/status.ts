import { EngineError, type EngineErrorKind } from '../base/index.ts';

/** One row per kind, read in both directions. 499 never reaches anybody: its client has left. */
const STATUS_OF_KIND: Readonly<Record<EngineErrorKind, number>> = {
  notModified: 304,
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  conflict: 409,
  cancelled: 499,
  internal: 500,
  notImplemented: 501,
  unavailable: 503,
};

/** The HTTP status with which an engine answers an error of this kind. */
export function statusOfKind(kind: EngineErrorKind): number {
  return STATUS_OF_KIND[kind];
}

const KIND_OF_STATUS: ReadonlyMap<number, EngineErrorKind> = new Map(
  (Object.entries(STATUS_OF_KIND) as [EngineErrorKind, number][]).map(([kind, status]) => [status, kind]),
);

/**
 * The kind behind a status. Statuses outside the table go to their neighbour: other 4xx are `invalid` (405, 411, 413, 422 from
 * podman and proxies), 502 and 504 `unavailable`, everything else `internal`.
 */
export function kindOfStatus(status: number): EngineErrorKind {
  const known = KIND_OF_STATUS.get(status);
  if (known !== undefined) return known;
  if (status >= 400 && status < 500) return 'invalid';
  return status === 502 || status === 504 ? 'unavailable' : 'internal';
}

/**
 * Turns an error answer into an EngineError. dockerd sends `{"message"}`, podman adds `cause` and `response`; a router in
 * between may send plain text.
 */
export function errorFromResponse(status: number, body: string): EngineError {
  return new EngineError(kindOfStatus(status), messageOfBody(body) || `the engine answered with status ${status}`);
}

function messageOfBody(body: string): string {
  const text = body.trim();
  if (!text.startsWith('{')) return text.slice(0, 2000);
  try {
    const parsed = JSON.parse(text) as { message?: unknown; errorDetail?: { message?: unknown } };
    const message = parsed.message ?? parsed.errorDetail?.message;
    return typeof message === 'string' ? message : text.slice(0, 2000);
  } catch {
    return text.slice(0, 2000);
  }
}
