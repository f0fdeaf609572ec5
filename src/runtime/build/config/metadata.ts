/** Instructions that change the image's config and nothing else. */
import { posix } from 'node:path';
import { assertNever, formatDuration } from '../../../base/index.ts';
import type { ContainerConfig } from '../../../engine-api/index.ts';
import { parseSignal } from '../../host/run.ts';
import { DockerfileMistake, expandWords, type CommandForm, type HealthcheckFields, type Instruction, type InstructionKind } from '../dockerfile/index.ts';
import { quoteList, quote, quoteRune } from './go-format.ts';
import { DEFAULT_SHELL } from './image-state.ts';
import { parseExposedPort } from './ports.ts';
import type { Variables } from './variables.ts';

export type LayerInstruction = Extract<Instruction, { kind: 'run' | 'copy' | 'add' | 'workdir' }>;
export type MetadataInstruction = Exclude<Instruction, LayerInstruction | { kind: 'arg' }>;

const LAYER_KINDS: ReadonlySet<InstructionKind> = new Set(['run', 'copy', 'add', 'workdir']);

export function isLayerInstruction(instruction: Instruction): instruction is LayerInstruction {
  return LAYER_KINDS.has(instruction.kind);
}

export interface MetadataResult {
  readonly config: ContainerConfig;
  readonly author?: string;
  /** Text for the history; undefined: no entry. */
  readonly createdBy: string | undefined;
}

/**
 * @param ownCmd  the stage has set CMD itself
 * @throws DockerfileMistake
 */
export function applyMetadata(config: ContainerConfig, instruction: MetadataInstruction, variables: Variables, ownCmd: boolean): MetadataResult {
  const expand = (text: string): string => variables.expand(text);
  switch (instruction.kind) {
    case 'env': {
      const pairs = instruction.pairs.map(({ key, value }) => ({ key: required('ENV', expand(key)), value: expand(value) }));
      return { config: { ...config, Env: pairs.reduce(setEnv, config.Env ?? []) }, createdBy: `ENV ${joinPairs(pairs)}` };
    }
    case 'label': {
      const pairs = instruction.pairs.map(({ key, value }) => ({ key: required('LABEL', expand(key)), value: expand(value) }));
      const added = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
      return { config: { ...config, Labels: { ...config.Labels, ...added } }, createdBy: `LABEL ${joinPairs(pairs)}` };
    }
    case 'cmd': {
      const args = commandArgs(instruction.command, config);
      return { config: { ...config, Cmd: args, ArgsEscaped: true }, createdBy: `CMD ${quoteList(args)}` };
    }
    case 'entrypoint': {
      const args = commandArgs(instruction.command, config);
      const { Cmd: inherited, ...rest } = config;
      const kept = ownCmd && inherited ? { Cmd: inherited } : {};
      return { config: { ...rest, ...kept, Entrypoint: args }, createdBy: `ENTRYPOINT ${quoteList(args)}` };
    }
    case 'expose': {
      const ports = instruction.ports.flatMap((port) => expandWords(port, variables.lookup, { escape: variables.escape })).flatMap(parseExposedPort).sort();
      const added = Object.fromEntries(ports.map((port) => [port, {}]));
      return { config: { ...config, ExposedPorts: { ...config.ExposedPorts, ...added } }, createdBy: `EXPOSE map[${[...new Set(ports)].map((port) => `${port}:{}`).join(' ')}]` };
    }
    case 'volume': {
      const paths = instruction.paths.map((path) => required('VOLUME', expand(path)));
      const added = Object.fromEntries(paths.map((path) => [path, {}]));
      return { config: { ...config, Volumes: { ...config.Volumes, ...added } }, createdBy: `VOLUME [${paths.join(' ')}]` };
    }
    case 'user': {
      const user = required('USER', expand(instruction.value));
      return { config: { ...config, User: user }, createdBy: `USER ${user}` };
    }
    case 'stopsignal': {
      const signal = expand(instruction.value);
      if (parseSignal(signal) === undefined) throw new DockerfileMistake(`invalid signal: ${signal}`);
      return { config: { ...config, StopSignal: signal }, createdBy: `STOPSIGNAL ${signal}` };
    }
    case 'maintainer':
      return { config, author: instruction.value, createdBy: `MAINTAINER ${instruction.value}` };
    case 'shell':
      return { config: { ...config, Shell: [...instruction.args] }, createdBy: `SHELL [${instruction.args.join(' ')}]` };
    case 'healthcheck':
      return { config: { ...config, Healthcheck: healthConfig(instruction) }, createdBy: `HEALTHCHECK ${healthText(instruction)}` };
    case 'onbuild':
      return { config: { ...config, OnBuild: [...(config.OnBuild ?? []), instruction.expression] }, createdBy: undefined };
    default:
      return assertNever(instruction);
  }
}

function required(keyword: string, value: string): string {
  if (value === '') throw new DockerfileMistake(`${keyword} has an empty value or name after its variables were expanded`);
  return value;
}

function joinPairs(pairs: readonly { key: string; value: string }[]): string {
  return pairs.map(({ key, value }) => `${key}=${value}`).join(' ');
}

function setEnv(env: readonly string[], { key, value }: { key: string; value: string }): string[] {
  const at = env.findIndex((entry) => entry.startsWith(`${key}=`));
  return at < 0 ? [...env, `${key}=${value}`] : env.toSpliced(at, 1, `${key}=${value}`);
}

/** The shell of the image in front of the shell form. */
export function commandArgs(command: CommandForm, config: ContainerConfig): string[] {
  if (command.form === 'exec') return [...command.args];
  return [...shellOf(config), command.line];
}

export function shellOf(config: ContainerConfig): readonly string[] {
  return config.Shell && config.Shell.length > 0 ? config.Shell : DEFAULT_SHELL;
}

/** WORKDIR: relative paths start at the one before. */
export function joinWorkdir(config: ContainerConfig, path: string): string {
  const base = config.WorkingDir === undefined || config.WorkingDir === '' ? '/' : config.WorkingDir;
  return posix.resolve('/', base, path);
}

function healthConfig(health: HealthcheckFields): NonNullable<ContainerConfig['Healthcheck']> {
  const { test, interval, timeout, startPeriod, startInterval, retries } = health;
  return {
    Test: [...test],
    ...(interval > 0 && { Interval: interval }),
    ...(timeout > 0 && { Timeout: timeout }),
    ...(startPeriod > 0 && { StartPeriod: startPeriod }),
    ...(startInterval > 0 && { StartInterval: startInterval }),
    ...(retries > 0 && { Retries: retries }),
  };
}

/** As BuildKit prints its struct: `&{["CMD-SHELL" "x"] "5s" "0s" "0s" "0s" '\x00'}`. */
function healthText(health: HealthcheckFields): string {
  const times = [health.interval, health.timeout, health.startPeriod, health.startInterval].map((ns) => quote(formatDuration(ns)));
  return `&{${quoteList(health.test)} ${times.join(' ')} ${quoteRune(health.retries)}}`;
}
