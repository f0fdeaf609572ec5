/** How crun 1.8 to 1.21 say that a file cannot be executed; runc's own words come first. */
const RUNC = /(?:^|: )(exec: "[^"]*": .+)$/;
const NOT_FOUND = /executable file [`'"]?(.*?)[`'"]? not found(?: in \$PATH)?/i;
const REFUSED = /the path [`'"](.*?)[`'"] (?:exists but it is not executable|is not a regular file)/i;
const FAILED_CALL = /(?:open|exec|stat)(?:ve)?\b[^:]*[`'"]?: (permission denied|is a directory|no such file or directory|exec format error)/i;

/**
 * Clients take their exit code (127, 126) from the words of these messages, which they know from runc.
 * @param message  of the OCI runtime
 * @param command  what was to be run, for messages that do not name it
 * @returns runc's wording for a command that cannot be run, or undefined when that is not what went wrong
 */
export function executableProblem(message: string, command: string): string | undefined {
  const asRunc = RUNC.exec(message);
  if (asRunc) return asRunc[1];
  const notFound = NOT_FOUND.exec(message);
  if (notFound) {
    const name = notFound[1] || command;
    return name.startsWith('/') ? `exec: "${name}": stat ${name}: no such file or directory` : `exec: "${name}": executable file not found in $PATH`;
  }
  const refused = REFUSED.exec(message);
  if (refused) return `exec: "${refused[1]}": ${message.includes('regular file') ? 'is a directory' : 'permission denied'}`;
  const open = FAILED_CALL.exec(message);
  return open && /exec|open executable/i.test(message) ? `exec: "${command}": ${open[1]?.toLowerCase()}` : undefined;
}
