/** Where our images and refusals may differ from BuildKit 0.13's (dockerd 26), and why. Everything else must agree. */
import type { Fault } from './buildkit.ts';
import type { Case } from './cases.ts';
import type { ImageFacts } from './observe.ts';

interface Allowed {
  why: string;
  title: RegExp;
  alike: (facts: ImageFacts) => ImageFacts;
}

const inHistory = (change: (entry: string) => string) => (facts: ImageFacts): ImageFacts => ({ ...facts, history: facts.history.map(change) });

const ALLOWED: readonly Allowed[] = [
  {
    why: 'BuildKit makes a place for resolv.conf in the image and leaves its directory touched; a layer of nothing else is none',
    title: /^/,
    alike: (facts) => ({ ...facts, layers: facts.layers.map((layer) => layer.filter((member) => member !== 'etc d 0755 0:0')).filter((layer) => layer.length > 0) }),
  },
  { why: 'that layer of nothing else', title: /^RUN that changes nothing$/, alike: inHistory((entry) => entry.replace(/^\(empty\) (RUN .* true # buildkit)$/, '$1')) },
  { why: 'newer BuildKits write the value that counts, not the default', title: /ARG/, alike: inHistory((entry) => (entry.startsWith('(empty) ARG ') ? entry.replace(/=\S*/g, '') : entry)) },
  { why: 'newer BuildKits name an ARG once', title: /^RUN sees ARG and ENV$/, alike: inHistory((entry) => entry.replace('RUN |3 A=3 A=3 ', 'RUN |2 A=3 ')) },
  {
    why: 'a directory that stands for the whole context or archive takes its time over; BuildKit never hears of it',
    title: /^(COPY of the whole context|ADD of files and archives)/,
    alike: (facts) => ({ ...facts, layers: facts.layers.map((layer) => layer.map((member) => member.replace(/^(\S+ d .*) old$/, '$1'))) }),
  },
];

export function allow(one: Case, facts: ImageFacts | undefined): ImageFacts | undefined {
  if (!facts) return undefined;
  return ALLOWED.filter(({ title }) => title.test(one.title)).reduce((changed, { alike }) => alike(changed), facts);
}

/** Refusals in other words, or of what BuildKit takes. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'comments only': 'the same as an empty file',
  'COPY of what is not there': 'no internal names of the cache; says that an ignore file may be the reason',
  'COPY of an ignored file': 'the same',
  'COPY out of the context': 'the same',
  'COPY of several to a file': 'refused as by the classic builder: BuildKit keeps the last file only',
  'COPY --chown of an unknown user': 'refused as by the classic builder: BuildKit takes root',
  'COPY --chmod of no mode': 'refused as by newer BuildKits: this one takes no mode at all',
  'RUN of what is not there': 'exit code 127 as from a shell',
  'RUN mount without a target': 'says what is missing',
  'HEALTHCHECK with a bad duration': 'names the flag',
  'HEALTHCHECK with too short an interval': 'names the flag',
  'FROM with an invalid reference': 'without "failed to parse stage name", as the place is shown',
  'FROM a platform that is none': 'says what a platform looks like',
};

/** The first line without prefixes, letter case and dashes of flags. */
function essence({ message }: Fault): string {
  const text = message.replace(/^failed to (solve|build web): /, '').replace(/^dockerfile parse error on line \d+: /, '');
  return (text.split('\n')[0] ?? '').toLowerCase().replaceAll('--', '');
}

/** @returns how the two differ, or undefined when ours says the same, or the same and more */
export function faultDifference(one: Case, ours: Fault, theirs: Fault | undefined): string | undefined {
  if (!theirs) return 'there is no recorded answer';
  if (ours.code !== 1) return `exit code ${ours.code}`;
  if (OTHERWISE[one.title] !== undefined) return essence(ours) === essence(theirs) ? 'no longer different' : undefined;
  if (theirs.code !== 1) return 'BuildKit takes it';
  const line = (text: string): string | undefined => /parse error on line (\d+)/.exec(text)?.[1];
  if (line(theirs.message) !== undefined && line(theirs.message) !== line(ours.message)) return `another line: ${ours.message}`;
  return essence(ours).startsWith(essence(theirs)) ? undefined : `${essence(ours)} | ${essence(theirs)}`;
}
