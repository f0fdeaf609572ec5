import { statSync } from 'node:fs';
import { posix } from 'node:path';

/**
 * The working directory by the name the user went there, which PWD has: behind a symbolic link, a project is named after the link, as in
 * docker compose. What PWD says is believed only when it is this very directory.
 */
export function workingDirectory(actual: string, pwd: string | undefined): string {
  if (pwd === undefined || pwd === actual || !posix.isAbsolute(pwd)) return actual;
  try {
    const [named, here] = [statSync(pwd), statSync(actual)];
    return named.dev === here.dev && named.ino === here.ino ? posix.resolve(pwd) : actual;
  } catch {
    return actual;
  }
}
