/** Where our engine may answer a docker CLI otherwise than dockerd, and why. Everything else must agree. */
import type { Entry } from './transcript.ts';

interface Allowed {
  why: string;
  /** Which commands. */
  command: RegExp;
  /** Makes the two agree: blanks out what may differ. */
  alike: (entry: Entry) => Entry;
}

const blank = (pattern: RegExp, by = '') => (entry: Entry): Entry => ({
  ...entry,
  stdout: entry.stdout.replace(pattern, by),
  stderr: entry.stderr.replace(pattern, by),
});

const ALLOWED: readonly Allowed[] = [
  {
    why: 'another OCI runtime fails, and dockerd words it by its version',
    command: /nosuchprogram$/,
    alike: blank(/(failed to create task for container: )?failed to create shim task: OCI runtime create failed: (runc create failed: )?/, 'cannot create: '),
  },
  {
    why: 'a missing program gives 127 in exec as it does in run (dockerd before 27 gave 126), and the runtime says why on stderr',
    command: /^exec @a nosuchprogram/,
    alike: (entry) => ({ ...entry, code: entry.code === 126 ? 127 : entry.code, stderr: '' }),
  },
  { why: 'the message names the container by its id', command: /^exec @a true/, alike: blank(/Container \S+ is paused/, 'Container is paused') },
  { why: 'the signal is read before the container is looked up', command: /^kill -s NOPE/, alike: blank(/cannot kill container: @b: |Invalid|invalid/g) },
  { why: 'the message names who uses the network, as dockerd 28 does', command: /^network rm/, alike: blank(/ \((name:"[^"]*" id:"[^"]*"|@\w+)\)/) },
  {
    why: 'steps that change only the configuration are not worth a cache, so nothing is said about it',
    command: /^build /,
    alike: blank(/ ---> Using cache\n/g),
  },
  {
    why: 'an error shows its place in the Dockerfile, and does not guess',
    command: /^build (--force-rm )?-$/,
    alike: blank(/^\S*Dockerfile\S*:\d+\n(?:[ >]*\d+ \|.*\n?)+| \(did you mean \w+\?\)/gm),
  },
  {
    why: 'a failed step leaves nothing behind whether it is asked to or not, so nothing is said about it',
    command: /^build --force-rm -$/,
    alike: blank(/(?: ---> Removed|Removing) intermediate container <short>\n/),
  },
  // what dockerd 20.10 said otherwise than 26 does, whose words are ours
  { why: 'the network mode was not resolved', command: /^inspect -f .*NetworkMode/, alike: blank(/ (default|bridge) 0$/m, ' bridge 0') },
  {
    why: 'another sentence',
    command: /^rm @b/,
    alike: blank(/You cannot remove a running container <id>\..*|cannot remove container "\/@b": container is running:.*/, 'is running'),
  },
  { why: 'another sentence', command: /^build (--force-rm )?-$/, alike: blank(/parse error (on )?line/, 'parse error on line') },
  { why: 'said twice', command: /^image inspect/, alike: blank(/no such image: [\w-]+: /) },
  { why: 'a capital', command: /^ps --filter nonsense/, alike: blank(/Invalid/, 'invalid') },
  {
    why: 'the history is written as BuildKit writes it, not as the classic builder',
    command: /^history/,
    alike: (entry) => ({ ...entry, stdout: String(entry.stdout.trim().split('\n').length) }),
  },
  {
    why: 'a push of what does not exist is refused at once',
    command: /^push/,
    alike: (entry) => ({ ...entry, stdout: '', stderr: entry.stderr.includes('does not exist') ? 'does not exist' : entry.stderr }),
  },
];

/** An entry with everything blanked out that may differ. */
export function allow(entry: Entry): Entry {
  return ALLOWED.filter(({ command }) => command.test(entry.command)).reduce((changed, { alike }) => alike(changed), entry);
}
