const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  t: 1024 ** 4,
  tb: 1024 ** 4,
  p: 1024 ** 5,
  pb: 1024 ** 5,
};

/**
 * Parses a byte count as Docker does: `512`, `64k`, `1.5g`, `10MiB`; units are powers of 1024.
 * @returns whole bytes, or undefined when the text is not a size
 * @see Compose specification, "Specifying byte values"
 */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?|\.\d+) ?([a-z]*)$/i.exec(text.trim());
  if (!match) return undefined;
  const unit = BYTE_UNITS[(match[2] ?? '').toLowerCase().replace(/i(?=b$)/, '')];
  return unit === undefined ? undefined : Math.floor(Number(match[1]) * unit);
}

const NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  'µs': 1e3,
  'μs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/**
 * Parses a duration such as `1h30m`, `1.5s`, `500ms`; a bare `0` is allowed.
 * @returns nanoseconds (the unit of the Docker API), or undefined when the text is not a duration
 * @see Compose specification, "Specifying durations"
 */
export function parseDurationNs(text: string): number | undefined {
  const signed = /^([+-]?)(.*)$/s.exec(text.trim());
  const body = signed?.[2] ?? '';
  if (body === '0') return 0;
  let total = 0;
  let rest = body;
  while (rest !== '') {
    const part = /^(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/.exec(rest);
    if (!part) return undefined;
    total += Number(part[1]) * (NS[part[2] ?? ''] ?? Number.NaN);
    rest = rest.slice(part[0].length);
  }
  if (body === '') return undefined;
  return Math.round(signed?.[1] === '-' ? -total : total);
}

/** Prints nanoseconds as Go does, which is what `docker compose config` shows: `1m30s`, `1.5s`, `100ms`, `0s`. */
export function formatDuration(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const value = Math.abs(ns);
  if (value < 1e3) return `${sign}${value}ns`;
  if (value < 1e6) return `${sign}${trimNumber(value / 1e3)}µs`;
  if (value < 1e9) return `${sign}${trimNumber(value / 1e6)}ms`;
  const hours = Math.floor(value / 3600e9);
  const minutes = Math.floor((value % 3600e9) / 60e9);
  const seconds = trimNumber((value % 60e9) / 1e9);
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

function trimNumber(value: number): string {
  return Number(value.toFixed(9)).toString();
}

/** Prints a byte count for people with decimal units as the docker CLI does in tables: `1.24MB`, `512B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}

/** A duration as people say it. @see docker/go-units, HumanDuration */
export function humanDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.round(ms / 3_600_000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.floor(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.floor(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.floor(hours / 24 / 30)} months`;
  return `${Math.floor(hours / 24 / 365)} years`;
}

/** Milliseconds of a clock that never goes back. The first use of `performance` costs a short command 0.7 ms, that of this one nothing. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
