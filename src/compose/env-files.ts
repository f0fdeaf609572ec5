import { DotenvError, type EnvLookup, parseDotenv, parseRawEnv } from './dotenv.ts';
import type { Session } from './session.ts';
import type { Place, Source } from './source.ts';
import type { Variable } from './variables.ts';

export interface EnvFileRef {
  /** Absolute. */
  readonly path: string;
  /** Where it is named; undefined for a default. */
  readonly place: Place | undefined;
}

/**
 * Reads env files for interpolation, later ones winning. A reference inside a value finds the outer variables first, then what
 * earlier files set. Undefined when one cannot be read; that is reported.
 */
export function readEnvFiles(files: readonly EnvFileRef[], outer: EnvLookup, session: Session): Map<string, Variable> | undefined {
  const variables = new Map<string, Variable>();
  for (const file of files) {
    const source = session.read(file.path, 'env file', file.place);
    const read = source && parseEnvSource(source, undefined, (name) => outer(name) ?? variables.get(name)?.value, session);
    if (!read) return undefined;
    if (file.place === undefined && read.has('')) {
      session.problems.error('env.syntax', `${source.file}: a variable has no name`, { place: read.get('')?.place, hint: 'write KEY=value' });
      return undefined;
    }
    for (const [name, variable] of read) variables.set(name, variable);
  }
  return variables;
}

/** Parses one env file in a format; undefined (reported) when it is malformed. @param path  what of the model names it; none for interpolation */
export function parseEnvSource(source: Source, format: string | undefined, lookup: EnvLookup, session: Session, path?: string): Map<string, Variable> | undefined {
  try {
    return format === 'raw' ? parseRawEnv(source, lookup) : parseDotenv(source, lookup);
  } catch (error) {
    if (!(error instanceof DotenvError)) throw error;
    session.problems.error('env.syntax', `${source.file}: ${error.message}`, {
      place: { source, start: error.start, end: error.end },
      path,
      hint: error.hint,
    });
    return undefined;
  }
}
