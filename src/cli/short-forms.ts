/** Ports, volumes and env files written on the command line, read by the same front end as those in files. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/index.ts';
import { loadProject, type Service, type SourceReader } from '../compose/index.ts';
import type { Cli } from './context.ts';

export interface CommandLineForms {
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly envFiles?: readonly string[];
}

/** @throws UserError with every mistake */
export async function readShortForms(cli: Cli, forms: CommandLineForms): Promise<Pick<Service, 'ports' | 'volumes' | 'environment'>> {
  const { ports = [], volumes = [], envFiles = [] } = forms;
  if (ports.length + volumes.length + envFiles.length === 0) return {};
  const service = {
    image: 'none',
    ...(ports.length > 0 && { ports }),
    ...(volumes.length > 0 && { volumes }),
    ...(envFiles.length > 0 && { env_file: envFiles }),
  };
  const text = JSON.stringify({ services: { 'command-line': service } }).replaceAll('$', '$$$$');
  const file = join(cli.cwd, '.command-line.json');
  const { project, diagnostics } = await loadProject({
    files: [file],
    projectName: 'command-line',
    projectDirectory: cli.cwd,
    environment: {},
    workingDirectory: cli.cwd,
    reader: readerWith(file, text),
    consistency: false,
  });
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  if (!project || errors.length > 0) {
    throw new UserError(errors.map((error) => error.message).join('\n') || 'invalid option', { code: errors[0]?.code ?? 'usage.value' });
  }
  const { ports: p, volumes: v, environment } = project.services['command-line'] ?? {};
  return { ...(p && { ports: p }), ...(v && { volumes: v }), ...(environment && { environment }) };
}

/** The file system with one more file. */
function readerWith(file: string, text: string): SourceReader {
  return {
    readFile: (path) => (path === file ? text : readFileSync(path)),
    kindOf(path) {
      if (path === file) return 'file';
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat?.isDirectory() ? 'directory' : stat ? 'file' : undefined;
    },
    realPath(path) {
      try {
        return realpathSync(path);
      } catch {
        return path;
      }
    },
  };
}
