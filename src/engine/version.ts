import { EngineError } from '../base/index.ts';
import { compareApiVersions } from '../engine-api/index.ts';

/**
 * The newest API version we serve. Clients branch on it, so it is a promise: 1.44 several networks in one create and start
 * intervals of health checks, 1.45 sub-paths of volumes, 1.46 annotations and tmpfs options, 1.47 nothing that needs us. 1.48
 * (image mounts, `platform` of images) is not promised.
 */
export const MAX_API_VERSION = '1.47';
/** The oldest version we accept, as dockerd 20.10 to 28. */
export const MIN_API_VERSION = '1.24';

/**
 * Splits `/v1.41/info` into its version and `/info`. A path without a version speaks the newest.
 * @throws EngineError invalid for a version out of bounds, with dockerd's words
 */
export function splitVersion(path: string): { version: string; rest: string } {
  const match = /^\/v([0-9.]+)(\/.*)$/.exec(path);
  if (match?.[1] === undefined || match[2] === undefined) return { version: MAX_API_VERSION, rest: path };
  return { version: match[1], rest: match[2] };
}

export function checkVersion(version: string): void {
  if (compareApiVersions(version, MIN_API_VERSION) < 0) {
    throw new EngineError(
      'invalid',
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  if (compareApiVersions(version, MAX_API_VERSION) > 0) {
    throw new EngineError('invalid', `client version ${version} is too new. Maximum supported API version is ${MAX_API_VERSION}`);
  }
}
