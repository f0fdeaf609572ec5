import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The first executable file of that name on PATH or in the usual places. */
export function findProgram(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  const places = [...path.split(delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/bin', '/usr/libexec/podman', '/usr/lib/podman'];
  for (const place of places) {
    if (place === '') continue;
    try {
      const file = join(place, name);
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return undefined;
}
