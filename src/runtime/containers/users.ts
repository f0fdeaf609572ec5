import { EngineError } from '../../base/index.ts';

/** Who a process runs as. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  /** From the password file; undefined for a bare number that it does not list. */
  readonly home?: string;
}

interface PasswdEntry {
  name: string;
  uid: number;
  gid: number;
  home: string;
}
interface GroupEntry {
  name: string;
  gid: number;
  members: string[];
}

const MAX_ID = 2 ** 31 - 1;

/**
 * Resolves `user`, `uid`, `user:group`, `uid:gid` and mixtures against the container's own files, as Docker does: a number need not
 * be listed, a name must be. Without a group the user's own and supplementary groups count.
 * @param groupAdd  further groups by name or number
 * @throws EngineError invalid when a name is not listed or a number is out of range
 */
export function resolveUser(spec: string, passwd: string | undefined, group: string | undefined, groupAdd: readonly string[] = []): ResolvedUser {
  const users = parsePasswd(passwd ?? '');
  const groups = parseGroup(group ?? '');
  const colon = spec.indexOf(':');
  const userName = colon < 0 ? spec : spec.slice(0, colon);
  const groupName = colon < 0 ? '' : spec.slice(colon + 1);
  const entry = findUser(users, userName);
  const uid = entry?.uid ?? numericId(userName, 'user', 'passwd');
  const gid = groupName === '' ? (entry?.gid ?? 0) : groupId(groups, groupName);
  const supplementary = groupName === '' && entry ? groups.filter((g) => g.members.includes(entry.name)).map((g) => g.gid) : [];
  const added = groupAdd.map((name) => groupId(groups, name));
  return {
    uid,
    gid,
    additionalGids: [...new Set([gid, ...supplementary, ...added])],
    ...(entry && { home: entry.home }),
  };
}

function findUser(users: readonly PasswdEntry[], name: string): PasswdEntry | undefined {
  if (name === '') return users.find((user) => user.uid === 0);
  return users.find((user) => user.name === name) ?? (/^\d+$/.test(name) ? users.find((user) => user.uid === Number(name)) : undefined);
}

function groupId(groups: readonly GroupEntry[], name: string): number {
  return groups.find((group) => group.name === name)?.gid ?? numericId(name, 'group', 'group');
}

function numericId(text: string, what: string, file: string): number {
  if (text === '') return 0;
  if (!/^\d+$/.test(text)) throw new EngineError('invalid', `unable to find ${what} ${text}: no matching entries in ${file} file`);
  const id = Number(text);
  if (id > MAX_ID) throw new EngineError('invalid', 'uids and gids must be in range 0-2147483647');
  return id;
}

function parsePasswd(text: string): PasswdEntry[] {
  return lines(text).flatMap(([name, , uid, gid, , home]) =>
    name !== undefined && isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home: home ?? '' }] : [],
  );
}

function parseGroup(text: string): GroupEntry[] {
  return lines(text).flatMap(([name, , gid, members]) =>
    name !== undefined && isId(gid) ? [{ name, gid: Number(gid), members: (members ?? '').split(',').filter(Boolean) }] : [],
  );
}

function lines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

const isId = (text: string | undefined): boolean => text !== undefined && /^\d+$/.test(text) && Number(text) <= MAX_ID;
