import type { CommandForm } from './ast.ts';
import { DockerfileMistake } from './errors.ts';
import { splitBlanks } from './words.ts';

/**
 * `["a", "b"]` as a list; undefined when the text is no JSON array, which makes it the shell form.
 * @throws DockerfileMistake when it is an array of something else than strings
 */
export function parseJsonList(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  const list: string[] = [];
  for (const item of value) {
    if (typeof item !== 'string') throw new DockerfileMistake('when using JSON array syntax, arrays must be comprised of strings only');
    list.push(item);
  }
  return list;
}

/** Shell or exec form. */
export function parseCommandForm(text: string): CommandForm {
  const args = parseJsonList(text);
  return args ? { form: 'exec', args } : { form: 'shell', line: text };
}

/** A JSON list, or words between blanks. */
export function parseListOrWords(text: string): string[] {
  return parseJsonList(text) ?? splitBlanks(text);
}
