/** `port`: where a port of a container can be reached. */
import { ExitCode, UserError } from '../../base/index.ts';
import { port } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = '', text = ''] = input.args;
  const [, digits, written] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (digits === undefined) throw new UserError(`"${text}" is not a port`, { code: 'usage.value', hint: 'a number from 1 to 65535' });
  const protocol = written ?? input.value('protocol') ?? 'tcp';
  const target = await projectOrName(cli, { services: [service] });
  const index = input.replica();
  const query = { service, port: Number(digits), protocol, ...(index !== undefined && { index }) };
  const found = await withEngine(cli, ({ engine }) => port(namedContext({ engine }, target), query));
  const first = found.find(({ host }) => !host.includes(':')) ?? found[0];
  if (first) await cli.stdout.write(`${first.host.includes(':') ? `[${first.host}]` : first.host}:${first.port}\n`);
  return ExitCode.ok;
}
