/** The parts of a short volume; `type` follows from the form of the source. */
export interface ShortVolume {
  readonly type: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly noCopy: boolean;
  readonly propagation: string | undefined;
  readonly selinux: string | undefined;
}

const PROPAGATIONS = new Set(['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']);

/**
 * Parses the short volume syntax `[SOURCE:]TARGET[:OPTIONS]`.
 * A single letter before a colon is a Windows drive and belongs to its path, as in Docker Compose; unknown options are ignored there,
 * and here as well.
 * @returns the parts, or an error with what is wrong
 * @see Compose specification, "volumes", short syntax
 */
export function parseVolume(text: string): ShortVolume | { readonly error: string } {
  if (text === '') return { error: 'the volume is empty' };
  if (text.length <= 2) return { type: 'volume', source: '', target: text, readOnly: false, noCopy: false, propagation: undefined, selinux: undefined };
  const sections = splitSections(text);
  if (sections.some((section) => section === '')) return { error: 'a part between two colons is empty' };
  if (sections.length > 3) return { error: 'there are too many colons' };
  const [first = '', second, ...options] = sections;
  const parsed = { readOnly: false, noCopy: false, propagation: undefined as string | undefined, selinux: undefined as string | undefined };
  for (const option of options.flatMap((section) => section.split(','))) readOption(option, parsed);
  const source = second === undefined ? '' : first;
  return { type: isPath(source) ? 'bind' : 'volume', source, target: second ?? first, ...parsed };
}

function readOption(option: string, into: { readOnly: boolean; noCopy: boolean; propagation: string | undefined; selinux: string | undefined }): void {
  if (option === 'ro') into.readOnly = true;
  else if (option === 'rw') into.readOnly = false;
  else if (option === 'nocopy') into.noCopy = true;
  else if (option === 'z' || option === 'Z') into.selinux = option;
  else if (PROPAGATIONS.has(option)) into.propagation = option;
}

function splitSections(text: string): string[] {
  const parts = text.split(':');
  // a drive letter is one letter before a colon; without a part so short there is none
  if (parts.every((part) => part.length > 2)) return parts;
  const sections: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? '';
    // a drive letter keeps its colon and what follows
    if (part.length <= 2 && i + 1 < parts.length && /^\p{L}$/u.test(part)) sections.push(`${part}:${parts[++i] ?? ''}`);
    else sections.push(part);
  }
  return sections;
}

/** Does a source name a file of the host rather than a volume? */
function isPath(source: string): boolean {
  const first = source.charCodeAt(0);
  if (first === 46 || first === 47 || first === 126) return true; // . / ~
  return /^\\\\|^\p{L}:/u.test(source);
}
