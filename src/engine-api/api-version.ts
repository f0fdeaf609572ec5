/** `major.minor` of the Docker Engine API. */
export type ApiVersion = string;

/** The newest version whose shapes this client knows; it asks a newer engine to speak this one. */
export const CLIENT_API_VERSION: ApiVersion = '1.51';

/** @returns negative, zero or positive; an unreadable version counts as 0.0 */
export function compareApiVersions(a: ApiVersion, b: ApiVersion): number {
  const [aMajor, aMinor] = parts(a);
  const [bMajor, bMinor] = parts(b);
  return aMajor - bMajor || aMinor - bMinor;
}

/** True when `version` is known and at least `wanted`. */
export function isAtLeast(version: ApiVersion | undefined, wanted: ApiVersion): boolean {
  return version !== undefined && compareApiVersions(version, wanted) >= 0;
}

function parts(version: ApiVersion): [number, number] {
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(version);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}
