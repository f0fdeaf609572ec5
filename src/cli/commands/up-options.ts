/** From flags to what the controller's `up` takes; shared by `up`, `create`, `scale` and `plan`. */
import { UserError } from '../../base/index.ts';
import type { UpVerbOptions } from '../../controller/index.ts';
import type { Cli } from '../context.ts';
import { isTruthy } from '../globals.ts';
import type { CommandInput } from '../input.ts';

export const PULL_POLICIES = ['always', 'missing', 'if_not_present', 'never', 'build', 'policy'] as const;

/** @throws UserError for flags that exclude each other */
export function refuseBoth(input: CommandInput, first: string, second: string): void {
  if (input.flag(first) && input.flag(second)) {
    throw new UserError(`--${first} and --${second} are incompatible`, { code: 'usage.exclusive' });
  }
}

/** The options that `create` has too. */
export function createOptions(cli: Cli, input: CommandInput): UpVerbOptions {
  refuseBoth(input, 'build', 'no-build');
  refuseBoth(input, 'force-recreate', 'no-recreate');
  const pull = input.value('pull');
  if (pull !== undefined && !PULL_POLICIES.some((policy) => policy === pull)) {
    throw new UserError(`invalid --pull option "${pull}"`, { code: 'usage.value', hint: `one of ${PULL_POLICIES.join(', ')}` });
  }
  const scale = parseScales(input.list('scale'), '--scale option');
  const removeOrphans = input.flag('remove-orphans', isTruthy(cli.env['COMPOSE_REMOVE_ORPHANS']));
  const ignoreOrphans = isTruthy(cli.env['COMPOSE_IGNORE_ORPHANS']);
  if (removeOrphans && ignoreOrphans) {
    throw new UserError('cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans', { code: 'usage.exclusive' });
  }
  return {
    services: input.args,
    ...(input.flag('build') && { build: true }),
    ...(input.flag('no-build') && { noBuild: true }),
    ...(pull !== undefined && pull !== 'policy' && { pull }),
    ...(input.flag('force-recreate') && { forceRecreate: true }),
    ...(input.flag('no-recreate') && { noRecreate: true }),
    ...(removeOrphans && { removeOrphans }),
    ...(ignoreOrphans && { ignoreOrphans }),
    ...(Object.keys(scale).length > 0 && { scale }),
    pullOptions: { quiet: input.flag('quiet-pull') },
  };
}

/** The options of `up` and `plan`. */
export function upOptions(cli: Cli, input: CommandInput): UpVerbOptions {
  if (input.flag('always-recreate-deps') && input.flag('no-recreate')) {
    throw new UserError('--always-recreate-deps and --no-recreate are incompatible', { code: 'usage.exclusive' });
  }
  const timeoutSeconds = input.integer('timeout');
  return {
    ...createOptions(cli, input),
    ...(input.flag('always-recreate-deps') && { alwaysRecreateDeps: true }),
    ...(input.flag('no-deps') && { noDeps: true }),
    ...(input.flag('renew-anon-volumes') && { renewAnonVolumes: true }),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
}

/** @param what  how the message calls a pair: `--scale option`, `scale specifier` */
export function parseScales(pairs: readonly string[], what: string): Record<string, number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, count] = /^([^=]+)=(\d+)$/.exec(pair) ?? [];
      if (name === undefined) throw new UserError(`invalid ${what} "${pair}". Should be SERVICE=NUM`, { code: 'usage.value' });
      return [name, Number(count)];
    }),
  );
}
