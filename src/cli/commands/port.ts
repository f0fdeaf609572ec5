/** `port`: where a port of a container can be reached. */
import { ExitCode, UserError } from '../../base/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { pickContainer } from '../pick-container.ts';
import { projectOrName } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = '', text = ''] = input.args;
  const [, digits, written] = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  if (digits === undefined) throw new UserError(`"${text}" is not a port`, { code: 'usage.value', hint: 'a number from 1 to 65535' });
  const protocol = written ?? input.value('protocol') ?? 'tcp';
  const target = await projectOrName(cli, { services: [service] });
  const container = await withEngine(cli, ({ engine }) => pickContainer(engine, target, service, { index: input.integer('index') }));
  const found = container.ports.filter((port) => port.PublicPort && port.PrivatePort === Number(digits) && port.Type === protocol).sort((a) => (a.IP?.includes(':') ? 1 : -1))[0];
  if (!found) {
    const known = container.ports.filter((port) => port.PublicPort).map((port) => `${port.PrivatePort}/${port.Type}`);
    throw new UserError(`no port ${digits}/${protocol} for container ${container.name}: ${[...new Set(known)].join(', ') || 'nothing is published'}`, { code: 'port.unknown' });
  }
  const host = found.IP ?? '0.0.0.0';
  await cli.stdout.write(`${host.includes(':') ? `[${host}]` : host}:${found.PublicPort}\n`);
  return ExitCode.ok;
}
