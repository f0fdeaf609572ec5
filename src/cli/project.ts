/** Loading the project of an invocation: options in, problems shown, a Project or a UserError out. */
import { ExitCode, UserError, type Diagnostic } from '../base/index.ts';
import { loadProject, type Loaded, type LoadOptions, type Project } from '../compose/index.ts';
import type { Cli } from './context.ts';
import { diagnosticOptions } from './diagnostic-options.ts';
import { renderDiagnostics } from './render/diagnostics.ts';

type Switches = Pick<LoadOptions, 'interpolate' | 'normalize' | 'resolvePaths' | 'resolveEnv' | 'consistency' | 'services'>;

/** The project, or only its name when the command was told the name and there is no file to read. */
export type Target = { readonly project: Project; readonly name: string } | { readonly project: undefined; readonly name: string };

/**
 * Loads the files of this invocation. Warnings go to stderr.
 * @throws UserError exit 14 when a file is missing, 15 when a file is invalid, with every problem as a diagnostic
 */
export async function requireProject(cli: Cli, switches: Switches = {}): Promise<Project> {
  const { project, diagnostics } = await load(cli, switches);
  if (project === undefined) throw loadError(diagnostics);
  return project;
}

/** As `requireProject`, with what a load without interpolation gives instead of a project. */
export async function load(cli: Cli, switches: Switches): Promise<Loaded> {
  const loaded = await loadProject(loadOptions(cli, switches));
  if (loaded.diagnostics.some((diagnostic) => diagnostic.severity === 'error')) throw loadError(loaded.diagnostics);
  showWarnings(cli, loaded.diagnostics);
  return loaded;
}

/**
 * For commands that also work without a file. As docker compose does, `-p` without `-f` means that no file is read at all, and a
 * file that cannot be loaded does not matter when COMPOSE_PROJECT_NAME is set.
 */
export async function projectOrName(cli: Cli, switches: Switches = {}): Promise<Target> {
  const { projectName, files } = cli.globals;
  if (projectName !== undefined && files.length === 0) return { project: undefined, name: checkedName(projectName) };
  try {
    const project = await requireProject(cli, switches);
    return { project, name: project.name };
  } catch (error) {
    const fallback = cli.env['COMPOSE_PROJECT_NAME'];
    if (!fallback || files.length > 0 || !(error instanceof UserError)) throw error;
    return { project: undefined, name: checkedName(fallback) };
  }
}

/** What the loader is told, from flags and environment. */
export function loadOptions(cli: Cli, switches: Switches): LoadOptions {
  const { globals } = cli;
  return {
    ...switches,
    ...(globals.files.length > 0 && { files: globals.files }),
    ...(globals.projectName !== undefined && { projectName: globals.projectName }),
    ...(globals.projectDirectory !== undefined && { projectDirectory: globals.projectDirectory }),
    ...(globals.envFiles.length > 0 && { envFiles: globals.envFiles }),
    ...(globals.profiles.length > 0 && { profiles: globals.profiles }),
    ...(globals.allResources && { allResources: true }),
    environment: cli.env,
    workingDirectory: cli.cwd,
    stdin: () => cli.stdin.readAll(),
  };
}

/** The error that carries a failed load's problems, with docker compose's exit code. */
export function loadError(diagnostics: readonly Diagnostic[]): UserError {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const [first] = errors;
  return new UserError(first?.message ?? 'the project could not be loaded', {
    code: first?.code ?? 'project.invalid',
    exitCode: exitCodeOf(errors),
    diagnostics,
  });
}

function exitCodeOf(errors: readonly Diagnostic[]): number {
  const isMissing = ({ code }: Diagnostic): boolean => code === 'file.notFound' || code === 'file.directory';
  // files that a service names are read last: docker compose would have stopped at any other error
  if (errors.length > 0 && (errors.every(isMissing) || errors.some((error) => isMissing(error) && error.path === undefined))) return ExitCode.fileNotFound;
  const isOption = ({ code, path }: Diagnostic): boolean => code === 'env.file' || ((code === 'name.invalid' || code === 'env.syntax') && path === undefined);
  return errors.some(isOption) ? ExitCode.failure : ExitCode.invalidFile;
}

function showWarnings(cli: Cli, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return;
  void cli.stderr.write(renderDiagnostics(diagnostics, diagnosticOptions(cli)));
}

function checkedName(name: string): string {
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name)) return name;
  throw new UserError(`invalid project name "${name}"`, {
    code: 'project.name',
    hint: 'lower-case letters, digits, "-" and "_", starting with a letter or digit',
  });
}
