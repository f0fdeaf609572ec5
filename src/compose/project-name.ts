import { posix } from 'node:path';
import type { FileSet } from './file-set.ts';
import type { LoadOptions } from './options.ts';
import type { Session } from './session.ts';
import { SubstitutionError, substitute } from './substitute.ts';
import type { Variables } from './variables.ts';

/** Lower case, without what a name cannot have: `My App!` → `myapp`. */
export function normaliseName(text: string): string {
  return (text.toLowerCase().match(/[a-z0-9_-]/g) ?? []).join('').replace(/^[_-]+/, '');
}

/**
 * The project's name: `-p`, COMPOSE_PROJECT_NAME, `name:` of the last file that has one, the directory.
 * Undefined when there is none; that is reported.
 */
export function projectName(options: LoadOptions, set: Pick<FileSet, 'files'>, directory: string, variables: Variables, session: Session): string | undefined {
  const given = options.projectName || variables.get('COMPOSE_PROJECT_NAME')?.value;
  if (given !== undefined && given !== '') {
    if (normaliseName(given) === given) return given;
    session.problems.error('name.invalid', `"${given}" is not a project name: only lower-case letters, digits, "-" and "_", beginning with a letter or digit`, {
      path: options.projectName ? undefined : 'name',
      hint: normaliseName(given) === '' ? undefined : `did you mean "${normaliseName(given)}"?`,
    });
    return undefined;
  }
  const written = nameInFiles(set, variables, session);
  const name = written === undefined ? normaliseName(posix.basename(directory)) : normaliseName(written);
  if (name !== '') return name;
  session.problems.error('name.empty', 'the project has no name', { hint: 'give one with -p, COMPOSE_PROJECT_NAME or "name:"' });
  return undefined;
}

function nameInFiles(set: Pick<FileSet, 'files'>, variables: Variables, session: Session): string | undefined {
  let name: string | undefined;
  for (const path of set.files) {
    for (const { root } of session.parse(path, 'file')?.documents ?? []) {
      const node = root.get('name');
      if (node?.kind === 'scalar' && node.text !== '' && node.type !== 'null') name = node.text;
    }
  }
  if (name === undefined || !session.interpolates) return name;
  try {
    return substitute(name, { get: (variable) => variables.get(variable)?.value });
  } catch (error) {
    if (!(error instanceof SubstitutionError)) throw error;
    return undefined; // the pass over the whole file reports it with its place
  }
}
