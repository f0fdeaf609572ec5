/** ARG and ENV: which names a stage knows, and what they are worth. @see the Dockerfile reference, "Using ARG variables" and "Scope" */
import { DockerfileMistake, expandWord, PROXY_ARGS, type ArgInstruction, type Dockerfile, type Lookup } from '../dockerfile/index.ts';

export interface BuildVariables {
  /** `--build-arg`, without those that were given no value. */
  readonly buildArgs: ReadonlyMap<string, string>;
  /** ARGs before the first FROM and the platform's. */
  readonly global: ReadonlyMap<string, string>;
  readonly escape: '\\' | '`';
}

/** TARGETPLATFORM and its kin. */
export function platformArgs(platform: { os: string; architecture: string; variant?: string }, targetStage: string): Record<string, string> {
  const { os, architecture, variant = '' } = platform;
  const name = [os, architecture, variant].filter(Boolean).join('/');
  const parts = { PLATFORM: name, OS: os, ARCH: architecture, VARIANT: variant };
  const args: Record<string, string> = { TARGETSTAGE: targetStage };
  for (const [key, value] of Object.entries(parts)) {
    args[`TARGET${key}`] = value;
    args[`BUILD${key}`] = value;
  }
  return args;
}

/** Evaluates the ARGs before the first FROM. @throws DockerfileMistake */
export function globalVariables(file: Dockerfile, buildArgs: ReadonlyMap<string, string>, platform: Readonly<Record<string, string>>): BuildVariables {
  const global = new Map(Object.entries(platform));
  const { escape } = file.directives;
  for (const { key, value } of file.globalArgs.flatMap(({ args }) => args)) {
    const chosen = buildArgs.get(key) ?? (value === undefined ? undefined : expandWord(value, (name) => global.get(name), { escape }));
    if (chosen !== undefined) global.set(key, chosen);
  }
  return { buildArgs, global, escape };
}

interface DeclaredArg {
  readonly key: string;
  readonly value: string | undefined;
  /** Declared by the stage that this one starts from. */
  readonly isInherited?: boolean;
  /** An ENV of the same name came after it. */
  readonly isHidden?: boolean;
}

/** The variables of one stage at one line. Immutable. */
export class Variables {
  readonly #build: BuildVariables;
  readonly #env: readonly string[];
  readonly #args: readonly DeclaredArg[];

  constructor(build: BuildVariables, env: readonly string[], args: readonly DeclaredArg[] = []) {
    this.#build = build;
    this.#env = env;
    this.#args = args;
  }

  /** Of ENV and ARG the later one counts; an ARG without a value says nothing. */
  readonly lookup: Lookup = (name) => this.#argValue(name) ?? envValue(this.#env, name);

  #argValue(name: string): string | undefined {
    const arg = this.#args.findLast(({ key }) => key === name);
    return arg?.isHidden === true ? undefined : arg?.value;
  }

  /** @throws DockerfileMistake */
  expand(text: string): string {
    return text.includes('$') || /[\\`"']/.test(text) ? expandWord(text, this.lookup, { escape: this.#build.escape }) : text;
  }

  get escape(): '\\' | '`' {
    return this.#build.escape;
  }

  /**
   * After an ENV.
   * @param set  the names that it set, which hide the ARGs before it
   */
  withEnv(env: readonly string[], set: readonly string[]): Variables {
    return new Variables(this.#build, env, this.#args.map((arg) => (set.includes(arg.key) ? { ...arg, isHidden: true } : arg)));
  }

  /** @returns the new scope, and the history's text of the instruction */
  declare(instruction: ArgInstruction): { variables: Variables; text: string } {
    let variables: Variables = this;
    const texts: string[] = [];
    for (const { key: rawKey, value: rawValue } of instruction.args) {
      const key = variables.expand(rawKey);
      const value = this.#build.buildArgs.get(key) ?? (rawValue === undefined ? this.#build.global.get(key) : variables.expand(rawValue));
      const before = variables.#args.findLast((arg) => arg.key === key); // an ARG without a value leaves what it was
      const hidden = value === undefined && before?.isHidden === true;
      variables = new Variables(this.#build, variables.#env, [...variables.#args, { key, value: value ?? before?.value, ...(hidden && { isHidden: true }) }]);
      texts.push(value === undefined ? key : `${key}=${value}`);
    }
    return { variables, text: `ARG ${texts.join(' ')}` };
  }

  /** Environment of a RUN: ENV and ARGs, then the proxies that were passed, each under both its names. */
  runEnv(): string[] {
    const env = new Map(this.#env.map((entry): [string, string] => [entry.split('=', 1)[0] ?? '', entry]));
    const set = (key: string, value: string | undefined): void => void (value !== undefined && env.set(key, `${key}=${value}`));
    for (const { key } of this.#args) set(key, this.lookup(key));
    for (const key of PROXY_ARGS) {
      const other = key === key.toLowerCase() ? key.toUpperCase() : key.toLowerCase();
      set(key, this.#build.buildArgs.get(key) ?? this.#build.buildArgs.get(other));
    }
    return [...env.values()];
  }

  /** Names in `runEnv` that must not count for the cache: proxies that no ARG declared. */
  isTransparent(key: string): boolean {
    return PROXY_ARGS.includes(key) && !this.#args.some((arg) => arg.key === key) && envValue(this.#env, key) === undefined;
  }

  /** What stands before a RUN's command in the history: `|2 A=1 B= `; empty without ARGs of this stage's own. */
  historyPrefix(): string {
    const keys = [...new Set(this.#args.filter(({ isInherited }) => isInherited !== true).map(({ key }) => key))];
    return keys.length === 0 ? '' : `|${keys.length} ${keys.map((key) => `${key}=${this.lookup(key) ?? ''}`).join(' ')} `;
  }

  /** The scope that a child stage starts with: it inherits the ARGs, and its FROM sets the ENV once more. */
  get args(): readonly DeclaredArg[] {
    return this.#args.map((arg) => ({ ...arg, isInherited: true, isHidden: envValue(this.#env, arg.key) !== undefined }));
  }
}

function envValue(env: readonly string[], name: string): string | undefined {
  const prefix = `${name}=`;
  return env.findLast((entry) => entry.startsWith(prefix))?.slice(prefix.length);
}

/** `--build-arg` names that no ARG declares: a typo, most likely. */
export function unusedBuildArgs(file: Dockerfile, buildArgs: ReadonlyMap<string, string>): string[] {
  const declared = new Set(
    [...file.globalArgs, ...file.stages.flatMap(({ instructions }) => instructions)].flatMap((instruction) =>
      instruction.kind === 'arg' ? instruction.args.map(({ key }) => key) : [],
    ),
  );
  return [...buildArgs.keys()].filter((key) => !declared.has(key) && !PREDEFINED.has(key) && !key.startsWith('BUILDKIT_')).sort();
}

const PREDEFINED: ReadonlySet<string> = new Set([
  ...PROXY_ARGS,
  'SOURCE_DATE_EPOCH',
  ...['PLATFORM', 'OS', 'ARCH', 'VARIANT'].flatMap((part) => [`TARGET${part}`, `BUILD${part}`]),
]);

/** SOURCE_DATE_EPOCH in seconds. @throws DockerfileMistake */
export function sourceDateEpoch(buildArgs: ReadonlyMap<string, string>): number | undefined {
  const text = buildArgs.get('SOURCE_DATE_EPOCH');
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,11}$/.test(text)) throw new DockerfileMistake(`invalid SOURCE_DATE_EPOCH: ${text}`);
  return Number(text);
}
