/** What a caller of the loader decides, and what it gets back. */
import type { Diagnostic } from '../base/index.ts';
import type { Plain } from './codec/index.ts';
import type { Project } from './project.ts';

/**
 * How the loader reaches files; a test or an editor can give one that reads from memory.
 * Both methods answer for absolute paths and never see a remote address.
 */
export interface SourceReader {
  /**
   * @returns the bytes of a regular file; a string when the content is already decoded
   * @throws an error with a Node `code` (`ENOENT`, `EISDIR`, `EACCES`, ...) when it cannot be read
   */
  readFile(path: string): Uint8Array | string;
  /** What lies at a path, symbolic links followed; undefined when nothing does. */
  kindOf(path: string): 'file' | 'directory' | undefined;
  /** The path with every symbolic link resolved; the path itself when that is not possible. */
  realPath(path: string): string;
}

export interface LoadOptions {
  /** Values of `-f`, in order; `-` reads `stdin`. Without any: `COMPOSE_FILE`, else discovery walking up from the directory. */
  readonly files?: readonly string[];
  /** `-p`; else `COMPOSE_PROJECT_NAME`, `name:` of the files, the directory's name. */
  readonly projectName?: string;
  /** `--project-directory`; else the folder of the first file. Relative to `workingDirectory`. */
  readonly projectDirectory?: string;
  /** Values of `--env-file`; else `COMPOSE_ENV_FILES`, else `.env` of the project directory. */
  readonly envFiles?: readonly string[];
  /** Values of `--profile`; else `COMPOSE_PROFILES`. `*` enables every profile. */
  readonly profiles?: readonly string[];
  /** The process environment, as a value: the loader never looks at `process.env`. */
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute; relative paths among the options are resolved against it. */
  readonly workingDirectory: string;
  /** Default: the file system. */
  readonly reader?: SourceReader;
  /** Content for `-f -`; asked for at most once. */
  readonly stdin?: () => Promise<Uint8Array | string>;
  /** False keeps `${VAR}` as written (`config --no-interpolate`). Default true. */
  readonly interpolate?: boolean;
  /** False adds no implied networks, names and dependencies (`config --no-normalize`). Default true. */
  readonly normalize?: boolean;
  /** False keeps relative paths (`config --no-path-resolution`). Default true. */
  readonly resolvePaths?: boolean;
  /** False does not read `env_file` into `environment` (`config --no-env-resolution`). Default true. */
  readonly resolveEnv?: boolean;
  /** False skips the checks across references (`config --no-consistency`). Default true. */
  readonly consistency?: boolean;
  /** True keeps networks, volumes, secrets and configs that no service uses (`--all-resources`). Default false. */
  readonly allResources?: boolean;
  /** Services named on the command line: their own profiles are switched on. */
  readonly services?: readonly string[];
}

/**
 * The outcome of a load: every problem found, not the first one.
 * `project` is undefined exactly when a diagnostic has severity `error`.
 * Codes `file.notFound` and `file.directory` mean that a named file is missing (exit code 14), `env.file`, and `name.invalid` or `env.syntax`
 * without a path, that an option or what it names is wrong (1); any other error is exit code 15.
 */
export interface Loaded {
  readonly project: Project | undefined;
  /** Without interpolation there is no typed project, only the model as plain data, for `printModel`. */
  readonly model?: Plain | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
