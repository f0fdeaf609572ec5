import { parseDurationNs, UserError } from '../base/index.ts';

/**
 * A moment on the command line: RFC 3339 (`2026-01-02T13:23:37Z`, also without zone or time), unix seconds, or an age (`42m`).
 * @returns unix seconds @throws UserError
 */
export function parseTime(text: string, now = Date.now() / 1000): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const age = parseDurationNs(text);
  if (age !== undefined) return now - age / 1e9;
  const date = /^\d{4}-\d\d-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (date) {
    const hours = date[1] === undefined ? 'T00:00' : date[2] === undefined ? `${date[1]}:00` : date[1];
    const zone = date[5] ?? '';
    const parsed = Date.parse(`${text.slice(0, 10)}${hours.replace(' ', 'T')}${zone}`);
    if (!Number.isNaN(parsed)) return parsed / 1000;
  }
  throw new UserError(`"${text}" is neither a time nor an age`, { code: 'usage.value', hint: '2026-01-02T13:23:37Z, or 42m for 42 minutes ago' });
}
