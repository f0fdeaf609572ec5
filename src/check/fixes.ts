/** Carrying out fixes: text is changed by range, everything else stays as it is, byte by byte. */
import { chownSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { writeFileAtomic } from '../base/index.ts';
import type { Finding, TextEdit } from './finding.ts';

/** The text with edits carried out; of edits that overlap, the first counts. */
export function applyEdits(text: string, edits: readonly TextEdit[]): { readonly text: string; readonly applied: number } {
  let result = '';
  let from = 0;
  let applied = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < from || edit.end < edit.start || edit.end > text.length) continue;
    result += text.slice(from, edit.start) + edit.text;
    from = edit.end;
    applied++;
  }
  return { text: result + text.slice(from), applied };
}

/**
 * Writes the fixes of findings into their files. A file that is not UTF-8 is left alone, since offsets are those of its text.
 * @returns how many edits were made, by absolute path
 */
export function applyFixes(findings: readonly Finding[]): ReadonlyMap<string, number> {
  const byFile = new Map<string, Map<string, TextEdit>>();
  for (const edit of findings.flatMap((finding) => finding.fix ?? [])) {
    const edits = byFile.get(edit.path) ?? new Map<string, TextEdit>();
    byFile.set(edit.path, edits.set(`${edit.start}:${edit.end}`, edit));
  }
  const done = new Map<string, number>();
  for (const [path, edits] of byFile) {
    const bytes = readFileSync(path);
    const text = bytes.toString('utf8');
    if (!Buffer.from(text).equals(bytes)) continue;
    const result = applyEdits(text, [...edits.values()]);
    if (result.applied === 0 || result.text === text) continue;
    const target = realpathSync(path); // a link stays a link
    const { mode, uid, gid } = statSync(target);
    writeFileAtomic(target, result.text, { mode: mode & 0o7777 });
    if (process.getuid?.() === 0) chownSync(target, uid, gid); // the file stays with who owned it
    done.set(path, result.applied);
  }
  return done;
}
