import { isAbsolute, relative } from 'node:path';
import type { SourceRange } from '../../base/index.ts';
import type { Explanation, Origin, VariableUse } from '../../check/index.ts';
import type { Style } from './style.ts';
import { sanitize, truncate } from './text.ts';

interface Options {
  readonly style: Style;
  /** Absolute. */
  readonly workingDirectory: string;
  readonly width: number;
}

const KINDS: Readonly<Record<Origin['kind'], string>> = { file: '', extends: 'extends', include: 'include', env_file: 'env_file', label_file: 'label_file', variable: '', option: 'option', implied: 'implied' };

/**
 * ```
 * services.web.image = "nginx:2"
 *
 * ✔ compose.override.yaml:3:12
 *     image: nginx:${TAG}
 *     the last one wins: ...
 *     TAG = "2"
 *       ✔ .env:1:1  2  set by the env file
 * · compose.yaml:3:12
 *     ...
 * ```
 */
export function renderExplanation({ path, value, origins }: Explanation, options: Options): string {
  const { style } = options;
  const json = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one), 2);
  return `${style.bold(sanitize(path))} = ${style.cyan(sanitize(json))}\n\n${origins.map((origin) => renderOrigin(origin, options)).join('')}`;
}

function renderOrigin(origin: Origin, options: Options): string {
  const { style } = options;
  const kind = KINDS[origin.kind];
  const place = origin.range ? placeOf(origin.range, options) : '';
  const from = origin.from ? `, at ${placeOf(origin.from, options)}` : '';
  const head = [style.bold(place), kind === '' ? '' : style.dim(`(${kind}${from})`)].filter((part) => part !== '').join(' ');
  const lines = excerpt(origin.text, options.width - 4).map((line) => `    ${origin.wins ? line : style.dim(line)}\n`);
  const variables = origin.variables.map((use) => renderVariable(use, origin.wins, options)).join('');
  return `${mark(origin.wins, style)} ${head}\n${lines.join('')}    ${style.dim(origin.why)}\n${variables}`;
}

function renderVariable({ name, value, sources }: VariableUse, counts: boolean, options: Options): string {
  const { style } = options;
  const lines = sources.map((source) => {
    const place = source.range ? placeOf(source.range, options) : source.kind;
    const text = source.kind === 'unset' ? '' : ` ${sanitize(JSON.stringify(source.value))}`;
    return `      ${mark(source.wins && counts, style)} ${style.bold(place)}${text}  ${style.dim(source.why)}\n`;
  });
  return `    ${name}${value === undefined ? ' is not set' : ` = ${sanitize(JSON.stringify(value))}`}\n${lines.join('')}`;
}

function mark(wins: boolean, style: Style): string {
  return wins ? style.green('✔') : style.dim('·');
}

const MAX_LINES = 8;

function excerpt(text: string, width: number): string[] {
  if (text === '') return [];
  const all = text.trimEnd().split(/\r\n|\r|\n/);
  const indents = all.slice(1).filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const cut = Math.max(0, Math.min(...indents, Number.MAX_SAFE_INTEGER) - 2);
  const lines = all.map((line, index) => truncate(sanitize(index === 0 ? line : line.slice(Math.min(cut, line.length))), width));
  return lines.length <= MAX_LINES ? lines : [...lines.slice(0, MAX_LINES - 1), `... ${lines.length - MAX_LINES + 1} more lines`];
}

function placeOf({ file, start }: SourceRange, { workingDirectory }: Options): string {
  const short = isAbsolute(file) ? relative(workingDirectory, file) : file;
  return `${sanitize(short.startsWith('../..') ? file : short)}:${start.line}:${start.column}`;
}
