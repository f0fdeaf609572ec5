import { DockerfileMistake } from '../dockerfile/index.ts';

/** From a file's permission bits to the new ones. */
export type ModeChange = (mode: number, isDirectory: boolean) => number;

/**
 * `--chmod`: octal (`755`, `04755`) or symbolic as chmod(1) takes it (`u=rwX,go=rX`, `+x`, `g=u`).
 * @throws DockerfileMistake
 */
export function parseModeChange(text: string): ModeChange {
  if (/^[0-7]{1,5}$/.test(text) && Number.parseInt(text, 8) <= 0o7777) {
    const fixed = Number.parseInt(text, 8);
    return () => fixed;
  }
  const clauses = text.split(',').map(parseClause);
  if (clauses.some((clause) => clause === undefined)) {
    throw new DockerfileMistake(`invalid chmod parameter: ${JSON.stringify(text)}: an octal number up to 07777 or a symbolic mode like u=rwX,go=rX`);
  }
  return (mode, isDirectory) => clauses.reduce((current, clause) => clause?.(current, isDirectory) ?? current, mode);
}

const SHIFT: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

function parseClause(text: string): ModeChange | undefined {
  const match = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/.exec(text);
  if (!match) return undefined;
  const who = match[1] === '' || match[1]?.includes('a') ? ['u', 'g', 'o'] : [...new Set(match[1])];
  const actions = [...(match[2] ?? '').matchAll(/([-+=])([ugo](?![rwxXst])|[rwxXst]*)/g)];
  return (mode, isDirectory) =>
    actions.reduce((current, [, operator = '', permissions = '']) => applyAction(current, who, operator, permissions, isDirectory), mode);
}

function applyAction(mode: number, who: readonly string[], operator: string, permissions: string, isDirectory: boolean): number {
  let bits = 0;
  let mask = 0;
  for (const target of who) {
    const shift = SHIFT[target] ?? 0;
    bits |= permissionBits(mode, permissions, isDirectory) << shift;
    mask |= 7 << shift;
    if (target === 'u') mask |= 0o4000;
    if (target === 'g') mask |= 0o2000;
    if (permissions.includes('s')) bits |= target === 'u' ? 0o4000 : target === 'g' ? 0o2000 : 0;
  }
  if (permissions.includes('t')) bits |= 0o1000;
  if (operator === '+') return mode | bits;
  if (operator === '-') return mode & ~bits;
  // chmod(1) keeps the set-id bits of directories unless they are named.
  return (mode & ~(isDirectory ? mask & 0o777 : mask)) | bits;
}

function permissionBits(mode: number, permissions: string, isDirectory: boolean): number {
  const copied = permissions.length === 1 ? SHIFT[permissions] : undefined;
  if (copied !== undefined) return (mode >> copied) & 7;
  let bits = 0;
  if (permissions.includes('r')) bits |= 4;
  if (permissions.includes('w')) bits |= 2;
  if (permissions.includes('x') || (permissions.includes('X') && (isDirectory || (mode & 0o111) !== 0))) bits |= 1;
  return bits;
}
