/** A machine on which programs are not installed: the command runs in a mount namespace where they are covered up. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

const PLACES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/libexec/podman', '/usr/lib/podman'];
const COVER = 'while [ "$1" != -- ]; do mount --bind /dev/null "$1" || exit 125; shift; done; shift; exec "$@"';

/** @param programs  names, or absolute paths of other files; @returns the command with what hides the programs in front; what it starts sees the same */
export function without(programs: readonly string[], command: readonly string[]): string[] {
  const places = [...(process.env['PATH'] ?? '').split(':'), ...PLACES].filter((place) => place.startsWith('/'));
  const files = programs.flatMap((name) => (name.startsWith('/') ? [name] : places.map((place) => join(place, name))).filter(existsSync).map((file) => realpathSync(file)));
  return ['unshare', '--mount', 'sh', '-c', COVER, 'sh', ...new Set(files), '--', ...command];
}
