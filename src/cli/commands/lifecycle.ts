/** `start`, `stop`, `restart`, `kill`, `pause`, `unpause`: one verb each on containers that exist. */
import { ExitCode } from '../../base/index.ts';
import * as controller from '../../controller/index.ts';
import type { NamedContext } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { dryEngine } from '../dry-engine.ts';
import { isTruthy } from '../globals.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { withVerb } from '../verb.ts';

type Verb = (context: NamedContext) => Promise<unknown>;

async function onContainers(cli: Cli, input: CommandInput, verb: Verb): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  await withVerb(cli, {}, (context) => {
    const engine = cli.globals.dryRun ? dryEngine(context.engine) : context.engine;
    return verb(namedContext({ ...context, engine }, target));
  });
  return ExitCode.ok;
}

export function start(cli: Cli, input: CommandInput): Promise<number> {
  const seconds = input.integer('wait-timeout');
  const waiting = { wait: input.flag('wait'), ...(seconds !== undefined && seconds > 0 && { waitTimeoutMs: seconds * 1000 }) };
  return onContainers(cli, input, (context) => controller.start(context, { services: input.args, ...waiting }));
}

export function stop(cli: Cli, input: CommandInput): Promise<number> {
  return onContainers(cli, input, (context) => controller.stop(context, { services: input.args, ...grace(input) }));
}

export function restart(cli: Cli, input: CommandInput): Promise<number> {
  const options = { services: input.args, noDeps: input.flag('no-deps'), ...grace(input) };
  return onContainers(cli, input, (context) => controller.restart(context, options));
}

export function kill(cli: Cli, input: CommandInput): Promise<number> {
  const removeOrphans = input.flag('remove-orphans', isTruthy(cli.env['COMPOSE_REMOVE_ORPHANS']));
  const options = { services: input.args, signal: input.value('signal') ?? 'SIGKILL', removeOrphans };
  return onContainers(cli, input, (context) => controller.kill(context, options));
}

export function pause(cli: Cli, input: CommandInput): Promise<number> {
  return onContainers(cli, input, (context) => controller.pause(context, { services: input.args }));
}

export function unpause(cli: Cli, input: CommandInput): Promise<number> {
  return onContainers(cli, input, (context) => controller.unpause(context, { services: input.args }));
}

function grace(input: CommandInput): { timeoutSeconds?: number } {
  const timeoutSeconds = input.integer('timeout');
  return timeoutSeconds === undefined ? {} : { timeoutSeconds };
}
