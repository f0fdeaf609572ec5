/** `attach`: our terminal on the main process of a container. */
import { UserError } from '../../base/index.ts';
import { attach, findOne } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { openProcessIo } from '../process-io.ts';
import { projectOrName } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = ''] = input.args;
  const target = await projectOrName(cli, { services: [service] });
  const index = input.replica();
  const detachKeys = input.value('detach-keys');
  return withEngine(cli, async ({ engine }) => {
    const context = namedContext({ engine }, target);
    const container = await findOne(context, service, { index });
    const { Config } = await engine.containers.inspect(container.id);
    const noStdin = input.flag('no-stdin') || Config.OpenStdin !== true;
    const tty = Config.Tty === true;
    if (tty && !noStdin && !cli.stdin.isTerminal) {
      throw new UserError('cannot attach to a container with a terminal from an input that is none', { code: 'terminal.missing', hint: 'use --no-stdin' });
    }
    const io = openProcessIo(cli, { tty, stdin: !noStdin, signals: input.flag('sig-proxy', true) });
    try {
      return await attach(context, { service, noStdin, ...(index !== undefined && { index }), ...(detachKeys !== undefined && { detachKeys }) }, io.streams);
    } finally {
      io.close();
    }
  });
}
