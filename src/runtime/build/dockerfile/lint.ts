/** Checks that need the tree, the build arguments, the base images or the ignore file. */
import type { IgnoreMatcher } from '../../../base/index.ts';
import type { ArgInstruction, Dockerfile, Instruction, LintFinding, Span, Stage } from './ast.ts';
import { parseCheckDirective } from './directives.ts';
import { DockerfileMistake } from './errors.ts';
import { expandWord, type Lookup } from './expand.ts';
import { suggest } from './flags.ts';

export interface LintContext {
  /** Values of TARGETPLATFORM and its kin. */
  readonly platformArgs: Readonly<Record<string, string>>;
  readonly ignore?: IgnoreMatcher;
  /** Environment of a stage's base image; undefined when the image is not at hand, which skips UndefinedVar there. */
  baseEnv(stage: Stage): readonly string[] | undefined;
  /** Platforms of a base image that does not fit the build. */
  basePlatform?(stage: Stage): { readonly actual: string; readonly expected: string } | undefined;
}

interface Run {
  readonly file: Dockerfile;
  readonly context: LintContext;
  report(rule: string, message: string, span: Span): void;
}

const SECRET_NAME = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const PUBLIC_NAME = /(?:_|^)public(?:_|$)/i;

/** ARGs that need no declaration. */
export const PROXY_ARGS: readonly string[] = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);

/** All findings in order of lines, without those that `# check=skip=` turns off; `fail`: `# check=error=true` and there are some. */
export function lintDockerfile(file: Dockerfile, context: LintContext): { findings: LintFinding[]; fail: boolean } {
  const findings: LintFinding[] = [...file.findings];
  const run: Run = { file, context, report: (rule, message, span) => findings.push({ rule, message, span }) };
  lintStageNames(run);
  for (const stage of file.stages) {
    lintBase(run, stage);
    lintRepeated(run, stage);
    lintWorkdir(run, stage);
    lintIgnored(run, stage);
  }
  for (const arg of file.globalArgs) lintSecrets(run, arg);
  for (const instruction of file.stages.flatMap((stage) => stage.instructions)) lintSecrets(run, instruction);
  lintVariables(run);
  const { skip, skipAll, error } = parseCheckDirective(file.directives.check);
  const kept = skipAll ? [] : findings.filter(({ rule }) => !skip.has(rule.toLowerCase()));
  kept.sort((a, b) => a.span.line - b.span.line);
  return { findings: kept, fail: error && kept.length > 0 };
}

function lintStageNames({ file, report }: Run): void {
  const seen = new Set<string>();
  for (const { name, from } of file.stages) {
    if (name === undefined) continue;
    if (seen.has(name)) report('DuplicateStageName', `Duplicate stage name ${JSON.stringify(name)}, stage names should be unique`, from.span);
    seen.add(name);
  }
}

function lintBase(run: Run, stage: Stage): void {
  const { file, context, report } = run;
  const { from } = stage;
  const defaults = new Map<string, string>();
  for (const { key, value } of file.globalArgs.flatMap(({ args }) => args)) if (value !== undefined) defaults.set(key, value);
  const declared = new Set([...file.globalArgs.flatMap(({ args }) => args.map(({ key }) => key)), ...Object.keys(context.platformArgs)]);
  for (const variable of variablesOf(`${from.base} ${from.platform ?? ''}`)) {
    if (!declared.has(variable)) report('UndefinedArgInFrom', `FROM argument '${variable}' is not declared${suggest(variable, [...declared])}`, from.span);
  }
  const platformValue = (key: string): string | undefined => context.platformArgs[key];
  const base = tryExpand(from.base, (key) => defaults.get(key) ?? platformValue(key), file);
  if (base !== undefined && !/^[a-z0-9](?:[a-zA-Z0-9._/:@-]*[a-zA-Z0-9_])?$/.test(base) && variablesOf(from.base).every((variable) => declared.has(variable))) {
    const argument = variablesOf(from.base).find((variable) => !defaults.get(variable)) ?? from.base;
    report('InvalidDefaultArgInFrom', `Default value for ARG ${argument} results in empty or invalid base image name`, from.span);
  }
  lintPlatform(run, stage);
}

function lintPlatform({ context, report }: Run, stage: Stage): void {
  const { from, name } = stage;
  const other = context.basePlatform?.(stage);
  if (other) {
    const message = `Base image ${from.base} was pulled with platform ${JSON.stringify(other.actual)}, expected ${JSON.stringify(other.expected)} for current build`;
    report('InvalidBaseImagePlatform', message, from.span);
  }
  const platform = from.platform;
  if (platform === undefined) return;
  if (/^\$\{?TARGETPLATFORM\}?$/.test(platform)) {
    report('RedundantTargetPlatform', `Setting platform to predefined ${platform} in FROM is redundant as this is the default behavior`, from.span);
  } else if (!platform.includes('$') && !platform.split('/').some((part) => name?.includes(part))) {
    report('FromPlatformFlagConstDisallowed', `FROM --platform flag should not use constant value ${JSON.stringify(platform)}`, from.span);
  }
}

function lintRepeated({ report }: Run, stage: Stage): void {
  for (const kind of ['cmd', 'entrypoint', 'healthcheck'] as const) {
    const all = stage.instructions.filter((instruction) => instruction.kind === kind);
    for (const { span } of all.slice(0, -1)) {
      const name = kind.toUpperCase();
      report('MultipleInstructionsDisallowed', `Multiple ${name} instructions should not be used in the same stage because only the last one will be used`, span);
    }
  }
}

function lintWorkdir({ report }: Run, stage: Stage): void {
  for (const instruction of stage.instructions) {
    if (instruction.kind !== 'workdir') continue;
    const path = instruction.value.replace(/^["']/, '');
    if (path.startsWith('/') || path.startsWith('$')) return;
    report('WorkdirRelativePath', `Relative workdir ${JSON.stringify(instruction.value)} can have unexpected results if the base image changes`, instruction.span);
    return;
  }
}

function lintIgnored({ context, report }: Run, stage: Stage): void {
  for (const instruction of stage.instructions) {
    if (instruction.kind !== 'copy' && instruction.kind !== 'add') continue;
    if (instruction.kind === 'copy' && instruction.from !== undefined) continue;
    for (const source of instruction.sources) {
      if (source.kind !== 'path' || /[*?[$]|^[a-z+]+:\/\/|^git@/.test(source.path)) continue;
      const path = source.path.replace(/^(?:\.?\/)+|\/+$/g, '');
      if (path !== '' && path !== '.' && context.ignore?.isIgnored(path)) {
        const verb = instruction.kind === 'copy' ? 'Copy' : 'Add';
        report('CopyIgnoredFile', `Attempting to ${verb} file ${JSON.stringify(source.path)} that is excluded by .dockerignore`, instruction.span);
      }
    }
  }
}

function lintSecrets({ report }: Run, instruction: Instruction | ArgInstruction): void {
  if (instruction.kind !== 'arg' && instruction.kind !== 'env') return;
  const names = instruction.kind === 'arg' ? instruction.args.map(({ key }) => key) : instruction.pairs.map(({ key }) => key);
  for (const name of names) {
    if (!SECRET_NAME.test(name) || PUBLIC_NAME.test(name)) continue;
    report('SecretsUsedInArgOrEnv', `Do not use ARG or ENV instructions for sensitive data (${instruction.kind.toUpperCase()} ${JSON.stringify(name)})`, instruction.span);
  }
}

/** Walks every stage with the names that are set there, base stages first. */
function lintVariables(run: Run): void {
  const known = new Map<number, Set<string> | undefined>();
  for (const stage of run.file.stages) {
    const parent = run.file.stages.find(({ name, index }) => index < stage.index && name !== undefined && name === stage.from.base.toLowerCase());
    const inherited = parent ? known.get(parent.index) : baseNames(run.context.baseEnv(stage));
    const names = inherited && new Set(inherited);
    for (const instruction of stage.instructions) lintUse(run, instruction, names);
    known.set(stage.index, names);
  }
}

function baseNames(env: readonly string[] | undefined): Set<string> | undefined {
  return env && new Set([...PROXY_ARGS, ...env.map((entry) => entry.split('=')[0] ?? '')]);
}

function lintUse(run: Run, instruction: Instruction, names: Set<string> | undefined): void {
  if (!names) return;
  const unset = new Set<string>();
  const lookup = (name: string): string | undefined => (names.has(name) ? 'x' : undefined);
  for (const text of expandedTexts(instruction)) tryExpand(text, lookup, run.file, (name) => unset.add(name));
  for (const name of unset) {
    run.report('UndefinedVar', `Usage of undefined variable '$${name}'${suggest(name, [...names], '$')}`, instruction.span);
  }
  if (instruction.kind === 'env') for (const { key } of instruction.pairs) names.add(key);
  if (instruction.kind === 'arg') for (const { key } of instruction.args) names.add(key);
}

/** The parts of an instruction in which the builder expands variables. */
function expandedTexts(instruction: Instruction): readonly string[] {
  switch (instruction.kind) {
    case 'copy':
    case 'add': {
      const paths = instruction.sources.map((source) => (source.kind === 'path' ? source.path : ''));
      return [...paths, instruction.destination, instruction.chown ?? '', instruction.chmod ?? ''];
    }
    case 'env':
    case 'label':
      return instruction.pairs.flatMap(({ key, value }) => [key, value]);
    case 'arg':
      return instruction.args.map(({ value }) => value ?? '');
    case 'expose':
      return instruction.ports;
    case 'volume':
      return instruction.paths;
    case 'user':
    case 'workdir':
    case 'stopsignal':
      return [instruction.value];
    default:
      return [];
  }
}

function variablesOf(text: string): string[] {
  return [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1] ?? '');
}

function tryExpand(text: string, lookup: Lookup, file: Dockerfile, onUnset?: (name: string) => void): string | undefined {
  try {
    return expandWord(text, lookup, { escape: file.directives.escape, ...(onUnset && { onUnset }) });
  } catch (error) {
    if (error instanceof DockerfileMistake) return undefined;
    throw error;
  }
}
