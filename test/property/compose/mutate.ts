/** Projects in memory, and projects that are nearly right: the cases of the unit tests with random damage. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import type { SourceReader } from '../../../src/compose/index.ts';

const cases = resolve(import.meta.dirname, '../../fixtures/compose/cases');

/** A reader that knows these files and nothing else. */
export function memoryReader(files: Readonly<Record<string, string | Uint8Array>>): SourceReader {
  const paths = Object.keys(files);
  return {
    readFile(path) {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return content;
    },
    kindOf(path) {
      if (Object.hasOwn(files, path)) return 'file';
      return paths.some((p) => p.startsWith(posix.join(path, '/'))) ? 'directory' : undefined;
    },
    realPath: (path) => path,
  };
}

/** The files of every case, below `/p`. */
export function caseProjects(): Record<string, string>[] {
  return readdirSync(cases).map((name) => {
    const files: Record<string, string> = {};
    collect(join(cases, name), '/p', files);
    return files;
  });
}

function collect(folder: string, prefix: string, into: Record<string, string>): void {
  for (const entry of readdirSync(folder)) {
    if (entry === 'case.json' || entry === 'expected.json') continue;
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) collect(path, `${prefix}/${entry}`, into);
    else into[`${prefix}/${entry}`] = readFileSync(path, 'utf8');
  }
}

/** A source of numbers in [0, 1), always the same for one seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const PIECES = [
  ':', ': ', '- ', '? ', '\n', '\n  ', '\n    ', '\t', ' ', '#', ' #', '"', "'", '[', ']', '{', '}', ',', '&a ', '*a', '<<: *a', '!reset ', '!override ',
  '!!int ', '|', '>', '|2-', '>+', '---\n', '...\n', '%', '@', '`', '$', '${', '${A:-', '${A:?', '}', '$$', '\\', '\r', '\r\n', '\u0000', '\ufeff', '\u2028',
  '~', 'null', 'true', '0x', '1e9', '.inf', '-1', '99999999999999999999', '2024-01-02', 'x-', 'services:', 'extends', 'include:', '__proto__', 'constructor', '💥', '\ud800',
]; // prettier-ignore

/** Text with one to eight random changes; pieces of `other` find their way in. */
export function mutate(text: string, other: string, next: () => number): string {
  let out = text;
  for (let changes = 1 + Math.floor(next() * 8); changes > 0; changes--) {
    const at = Math.floor(next() * (out.length + 1));
    const length = Math.floor(next() * 12);
    const kind = Math.floor(next() * 6);
    const piece = PIECES[Math.floor(next() * PIECES.length)] ?? '';
    const from = Math.floor(next() * (other.length + 1));
    if (kind <= 1) out = out.slice(0, at) + piece + out.slice(at);
    else if (kind === 2) out = out.slice(0, at) + out.slice(at + length);
    else if (kind === 3) out = out.slice(0, at) + piece + out.slice(at + length);
    else if (kind === 4) out = out.slice(0, at) + other.slice(from, from + 4 * length) + out.slice(at);
    else out = out.slice(0, at) + out.slice(at, at + length) + out.slice(at);
  }
  return out;
}

const WORDS = [
  'services:', 'web:', 'image: x', 'ports:', '- "80:80"', 'volumes:', '- ./a:/b', 'environment:', 'A: 1', '- A', 'depends_on:', 'build:', 'context: .', 'extends:', 'networks:', 'deploy:', 'secrets:',
  'configs:', 'healthcheck:', 'test: [CMD, a]', 'x-a: &a', '<<: *a', '*a', '{', '}', '[', ']', ',', ':', '-', '?', '|', '>', '"', "'", '---', '!reset', '!override', 'null', 'true', '1', '1.5g', '10s', '${A}',
  '${B:-c}', '$$', '#', 'include:', 'name:', 'profiles:', 'command:', 'labels:', 'models:', 'ulimits:', 'develop:', 'watch:',
]; // prettier-ignore
const GAPS = ['\n', '\n  ', '\n    ', '\n      ', ' ', '', '\n- ', ': '];

/** Words of Compose files in any order: what nobody writes. */
export function soup(next: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(next() * list.length)] ?? '';
  return Array.from({ length: Math.floor(next() * 80) }, () => pick(WORDS) + pick(GAPS)).join('');
}
