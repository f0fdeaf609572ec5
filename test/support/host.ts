/** What this host can do, as reasons not to run a test: `undefined` means it can. */
import { accessSync, constants, existsSync } from 'node:fs';

/** True when a program is on the PATH. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => {
    try {
      accessSync(`${directory}/${name}`, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why containers cannot be made here, or undefined. */
export function noContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = ['conmon', 'nft', 'ip'].filter((name) => !hasProgram(name));
  if (!hasProgram('crun') && !hasProgram('runc')) missing.push('crun or runc');
  if (missing.length > 0) return `needs ${missing.join(', ')} (tscompose doctor --fix)`;
  return existsSync('/bin/busybox') ? undefined : 'needs busybox-static';
}

/** Why a program-dependent test cannot run, or undefined. */
export function lacks(...programs: string[]): string | undefined {
  const missing = programs.filter((name) => !hasProgram(name));
  return missing.length > 0 ? `needs ${missing.join(', ')}` : undefined;
}

/**
 * A title that tells why a suite is skipped, for `describe.skipIf(reason)(title('…', reason), …)`.
 * With `TSCOMPOSE_SKIP_NOTHING=1` (CI) a reason is a failure: what this machine can run must run.
 */
export function title(text: string, reason: string | undefined): string {
  if (reason !== undefined && process.env['TSCOMPOSE_SKIP_NOTHING'] === '1') throw new Error(`"${text}" would be skipped: ${reason}`);
  return reason === undefined ? text : `${text} (skipped: ${reason})`;
}
