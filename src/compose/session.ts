import { posix } from 'node:path';
import { errnoCode, errorMessage } from '../base/index.ts';
import type { LoadOptions, SourceReader } from './options.ts';
import { type ParsedFile, parseSource } from './parse.ts';
import { Problems } from './problems.ts';
import { NotText, decodeText, fileReader } from './reader.ts';
import type { Validator } from './schema.ts';
import { Damage } from './damage.ts';
import { type Place, Source } from './source.ts';
import { LIMITS } from './yaml/index.ts';

/** How many files one project may include; a chain of files that include each other twice doubles with each link. */
const MAX_INCLUDES = 1000;

/** What the passes of one load share. */
export class Session {
  readonly problems = new Problems();
  readonly reader: SourceReader;
  /** For `~` in paths. */
  readonly home: string | undefined;
  readonly interpolates: boolean;
  readonly resolvesPaths: boolean;
  readonly workingDirectory: string;
  /** Finds every violation of the schema; see schema.ts. */
  readonly validator: Validator | undefined;
  /** True once a file that everything depends on could not be read: nothing can be said about the rest. */
  incomplete = false;
  /** What errors took out of the model. */
  readonly damage = new Damage();
  /** Variables whose absence was reported. */
  readonly unsetVariables = new Set<string>();
  readonly #files = new Map<string, ParsedFile | undefined>();
  readonly #taken = new Set<string>();
  #includes = 0;

  constructor(options: LoadOptions, validator?: Validator) {
    this.validator = validator;
    this.reader = options.reader ?? fileReader;
    this.home = options.environment['HOME'];
    this.interpolates = options.interpolate ?? true;
    this.resolvesPaths = options.resolvePaths ?? true;
    this.workingDirectory = options.workingDirectory;
  }

  /** A path as the user would write it: relative when the file lies below the working directory. */
  display(path: string): string {
    const relative = posix.relative(this.workingDirectory, path);
    return relative === '' || relative.startsWith('../') ? path : relative;
  }

  /** The text of a file as a source. Reports and returns undefined when it cannot be read. @param from  where the file is named @param model  path of the service's attribute that names it */
  read(path: string, what: string, from?: Place, model?: string): Source | undefined {
    const isOption = what === 'env file' && from === undefined;
    try {
      if (this.reader.kindOf(path) === 'directory') {
        this.#unreadable(isOption ? 'env.file' : 'file.directory', `${what} ${this.display(path)} is a directory`, from, model);
        return undefined;
      }
      return this.source(path, this.display(path), this.reader.readFile(path), from);
    } catch (error) {
      const code = errnoCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') this.#unreadable(isOption ? 'env.file' : 'file.notFound', `${what} ${this.display(path)} does not exist`, from, model, this.#hintFor(path, what, model));
      else this.#unreadable(code === 'EFBIG' ? 'yaml.limit' : 'file.unreadable', `${what} ${this.display(path)} cannot be read: ${errorMessage(error)}`, from);
      return undefined;
    }
  }

  /** Decodes content; reports what is not text. */
  source(path: string, file: string, content: Uint8Array | string, from?: Place): Source | undefined {
    if (content.length > LIMITS.fileLength) {
      this.#unreadable('yaml.limit', `${file} is larger than ${LIMITS.fileLength / 1024 / 1024} MiB`, from);
      return undefined;
    }
    try {
      return new Source(file, path, decodeText(content));
    } catch (error) {
      if (!(error instanceof NotText)) throw error;
      const readable = typeof content === 'string' ? content : new TextDecoder('utf-8', { ignoreBOM: true }).decode(content.subarray(0, error.offset));
      const place = { source: new Source(file, path, `${readable}\ufffd`), start: readable.length, end: readable.length + 1 };
      this.incomplete = true;
      this.problems.error('yaml.encoding', `${file}: ${error.message}`, { place, hint: 'save the file as UTF-8' });
      return undefined;
    }
  }

  /** A Compose file by absolute path, read and parsed once however often one looks at it. */
  parse(path: string, what: string, from?: Place): ParsedFile | undefined {
    if (!this.#files.has(path)) {
      const source = this.read(path, what, from);
      this.#files.set(path, source && this.parsed(source));
    }
    return this.#files.get(path);
  }

  /** As parse, to change the trees: each call gives new ones. */
  take(path: string, what: string, from?: Place): ParsedFile | undefined {
    const file = this.parse(path, what, from);
    if (!file || !this.#taken.has(path)) this.#taken.add(path);
    else return this.parsed(file.source);
    return file;
  }

  parsed(source: Source): ParsedFile {
    const file = parseSource(source, this.problems);
    if (!file.complete) this.incomplete = true;
    for (const lost of file.lost) this.damage.lose(lost);
    return file;
  }

  /** Makes a file known without reading it again: standard input. */
  provide(path: string, file: ParsedFile | undefined): void {
    this.#files.set(path, file);
  }

  /** Counts an include; false when there are too many. */
  mayInclude(from: Place): boolean {
    if (++this.#includes <= MAX_INCLUDES) return true;
    this.damage.openAll();
    this.problems.error('include.limit', `more than ${MAX_INCLUDES} files are included`, { place: from });
    return false;
  }

  /** What another file names, its reader answers for; without what the user named there is no project. */
  #unreadable(code: string, message: string, from: Place | undefined, path?: string, hint?: string): void {
    if (from === undefined) this.incomplete = true;
    this.problems.error(code, message, { place: from, path, hint });
  }

  /** What may have been meant by the path of a file that does not exist. */
  #hintFor(path: string, what: string, model: string | undefined): string | undefined {
    const other = path.endsWith('.yml') ? path.replace(/yml$/, 'yaml') : path.replace(/\.yaml$/, '.yml');
    if (other !== path && this.reader.kindOf(other) === 'file') return `did you mean ${this.display(other)}?`;
    return what === 'env file' && model !== undefined ? 'if it may be missing, write "path:" and "required: false"' : undefined;
  }
}
