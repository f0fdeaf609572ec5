import { DockerfileMistake } from '../dockerfile/index.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Text of a file of the image, `etc/passwd` or `etc/group`. */
export type ReadImageFile = (path: string) => string | undefined;

/**
 * `--chown=user[:group]`: a number stands for itself and, without a group, for the group as well; a name is looked up in the image.
 * @throws DockerfileMistake for a name that the image does not know
 */
export function resolveOwner(spec: string, read: ReadImageFile): Owner {
  const colon = spec.indexOf(':');
  const user = colon < 0 ? spec : spec.slice(0, colon);
  const group = colon < 0 ? undefined : spec.slice(colon + 1);
  const entry = userEntry(user, read);
  return { uid: entry.uid, gid: group === undefined || group === '' ? entry.gid : groupId(group, read) };
}

/** Whether the image is needed to tell the numbers. */
export function ownerNeedsImage(spec: string): boolean {
  return !/^\d*(:\d*)?$/.test(spec);
}

function userEntry(user: string, read: ReadImageFile): Owner {
  if (user === '') return { uid: 0, gid: 0 };
  if (/^\d+$/.test(user)) return { uid: checkedId(user), gid: checkedId(user) };
  const fields = entryOf(read('etc/passwd'), user);
  if (!fields) throw new DockerfileMistake(`unable to find user ${user}: no matching entry in the image's /etc/passwd`);
  return { uid: checkedId(fields[2] ?? ''), gid: checkedId(fields[3] ?? '') };
}

function groupId(group: string, read: ReadImageFile): number {
  if (/^\d+$/.test(group)) return checkedId(group);
  const fields = entryOf(read('etc/group'), group);
  if (!fields) throw new DockerfileMistake(`unable to find group ${group}: no matching entry in the image's /etc/group`);
  return checkedId(fields[2] ?? '');
}

function entryOf(text: string | undefined, name: string): string[] | undefined {
  return (text ?? '')
    .split('\n')
    .map((line) => line.trim().split(':'))
    .find((fields) => fields[0] === name);
}

function checkedId(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= 2 ** 31) throw new DockerfileMistake(`uid and gid must be in range 0-2147483647, not ${JSON.stringify(text)}`);
  return Number(text);
}
