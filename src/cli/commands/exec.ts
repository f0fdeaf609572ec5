/** `exec`: a command in a running container. */
import { exec } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import { dryEngine } from '../dry-engine.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { openProcessIo } from '../process-io.ts';
import { projectOrName } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = '', ...command] = input.args;
  const target = await projectOrName(cli, { services: [service] });
  const detach = input.flag('detach');
  const interactive = input.flag('interactive', true) && !detach;
  const tty = !detach && wantsTerminal(cli, input);
  const index = input.replica();
  const options = {
    service,
    command,
    detach,
    tty,
    interactive,
    privileged: input.flag('privileged'),
    ...(index !== undefined && { index }),
    ...(input.has('user') && { user: input.value('user') ?? '' }),
    ...(input.has('workdir') && { workdir: input.value('workdir') ?? '' }),
    ...(input.has('env') && { env: environmentOf(cli, input.list('env')) }),
  };
  const io = openProcessIo(cli, { tty, stdin: interactive });
  try {
    return await withEngine(cli, ({ engine }) => exec(namedContext({ engine: cli.globals.dryRun ? dryEngine(engine) : engine }, target), options, io.streams));
  } finally {
    io.close();
  }
}

/** A terminal in the container if ours is one, both ways; `-T` and `-T=false` decide otherwise. */
export function wantsTerminal(cli: Cli, input: CommandInput): boolean {
  if (input.has('no-tty')) return !input.flag('no-tty');
  if (input.flag('tty')) return true;
  return cli.stdout.isTerminal && (cli.stdin.isTerminal || !input.flag('interactive', true));
}

/** `KEY` without a value takes ours; one that we do not have is left out. */
export function environmentOf(cli: Cli, pairs: readonly string[]): string[] {
  return pairs.flatMap((pair) => {
    if (pair.includes('=')) return pair;
    const value = cli.env[pair];
    return value === undefined ? [] : `${pair}=${value}`;
  });
}
