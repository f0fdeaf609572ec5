import { DockerfileMistake } from './errors.ts';
import { expandWords } from './expand.ts';
import { splitRawWords } from './words.ts';

export interface HeredocHead {
  readonly name: string;
  readonly expand: boolean;
  readonly chomp: boolean;
}

/** `<<EOF`, `<<-EOF`, `3<<"EOF"` as a whole word; undefined for anything else, `<<<` included. */
export function parseHeredocHead(word: string, escape: '\\' | '`'): HeredocHead | undefined {
  const match = /^\d*<<(-?)([^<]+)$/.exec(word);
  if (!match) return undefined;
  const raw = match[2] ?? '';
  try {
    const names = expandWords(raw, () => '', { escape });
    if (names.length !== 1) return undefined;
    // The name is what quote removal leaves; nothing is expanded in it.
    const name = raw.replace(/["'\\]/g, '');
    return { name, expand: !/["']/.test(raw), chomp: match[1] === '-' };
  } catch (error) {
    if (error instanceof DockerfileMistake) return undefined;
    throw error;
  }
}

/** The heredocs that an instruction's line opens, in order. */
export function findHeredocs(rest: string, escape: '\\' | '`'): HeredocHead[] {
  return splitRawWords(rest, escape)
    .map((word) => parseHeredocHead(word, escape))
    .filter((head) => head !== undefined);
}

/** `<<-`: leading tabs of every line go. */
export function stripTabs(body: string): string {
  return body.replace(/^\t+/gm, '');
}
