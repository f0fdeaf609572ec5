import { randomInt } from 'node:crypto';
import { EngineError } from '../../base/index.ts';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Checks a container's name and drops the leading slash. @throws EngineError invalid, in dockerd's words */
export function checkName(name: string): string {
  const bare = name.replace(/^\//, '');
  if (!NAME.test(bare)) {
    throw new EngineError('invalid', `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return bare;
}

const ADJECTIVES = [
  'amber', 'brave', 'brisk', 'calm', 'clever', 'cosy', 'crisp', 'daring', 'deft', 'eager', 'fair', 'fleet', 'fond', 'gentle', 'glad',
  'golden', 'hardy', 'honest', 'jolly', 'keen', 'kind', 'lively', 'lucid', 'mellow', 'merry', 'nimble', 'noble', 'patient', 'placid',
  'proud', 'quick', 'quiet', 'rapid', 'sage', 'sleek', 'snug', 'sober', 'steady', 'stout', 'sturdy', 'sunny', 'swift', 'tidy', 'vivid',
  'warm', 'wise', 'witty', 'zesty',
];
const NOUNS = [
  'anchor', 'badger', 'barge', 'beacon', 'bosun', 'breeze', 'bridge', 'buoy', 'canal', 'capstan', 'clipper', 'coral', 'crane', 'current',
  'cutter', 'dinghy', 'dock', 'dolphin', 'ferry', 'galley', 'gull', 'harbor', 'heron', 'island', 'jetty', 'keel', 'lagoon', 'lantern',
  'lighthouse', 'mast', 'otter', 'paddle', 'pelican', 'pier', 'pilot', 'quay', 'rudder', 'sail', 'schooner', 'seal', 'skipper', 'sloop',
  'tern', 'tide', 'trawler', 'walrus', 'whale', 'yawl',
];

/** A name for a container that was given none. */
export function randomName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(ADJECTIVES)}_${pick(NOUNS)}${attempt < 5 ? '' : randomInt(10 ** (attempt - 4))}`;
    if (!isTaken(name)) return name;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? '';
}
