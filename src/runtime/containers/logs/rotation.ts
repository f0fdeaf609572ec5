import { renameSync, rmSync, statSync } from 'node:fs';
import { errnoCode, parseBytes } from '../../../base/index.ts';
import type { HostConfig } from '../../../engine-api/index.ts';
import { rotateLog } from '../../host/conmon.ts';

export interface RotationLimits {
  readonly maxBytes: number;
  /** Files in all, the current one included. */
  readonly maxFiles: number;
}

/** `max-size` and `max-file` of a container's log options. @returns undefined when the log may grow for ever */
export function rotationLimits(host: HostConfig): RotationLimits | undefined {
  const config = host.LogConfig?.Config ?? {};
  const maxBytes = parseBytes(config['max-size'] ?? '');
  if (maxBytes === undefined || maxBytes <= 0) return undefined;
  return { maxBytes, maxFiles: Math.max(1, Number(config['max-file'] ?? 1) || 1) };
}

/**
 * Begins a new log file when the current one is full. Older ones move up by one; the oldest goes.
 * With a single file Docker starts over, so the full one goes as soon as the new one is open; followers still have it open.
 * @returns true when it rotated
 */
export function rotateIfFull(bundle: string, file: string, limits: RotationLimits): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size < limits.maxBytes) return false;
  rmSync(`${file}.${limits.maxFiles}`, { force: true });
  for (let age = limits.maxFiles - 1; age >= 1; age--) renameIfExists(`${file}.${age}`, `${file}.${age + 1}`);
  rotateLog(bundle, file, `${file}.1`);
  rmSync(`${file}.${Math.max(2, limits.maxFiles)}`, { force: true });
  return true;
}

function renameIfExists(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error;
  }
}
