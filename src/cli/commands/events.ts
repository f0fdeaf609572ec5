/** `events`: what happens to the containers of a project, as it happens. */
import { ExitCode } from '../../base/index.ts';
import { events, Label } from '../../controller/index.ts';
import type { EventMessage } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { sanitize } from '../render/text.ts';
import { parseTime } from '../time-argument.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const since = input.value('since');
  const until = input.value('until');
  const target = await projectOrName(cli, { services: input.args });
  await withEngine(cli, async ({ engine }) => {
    const options = { services: input.args, ...(since !== undefined && { since: parseTime(since) }), ...(until !== undefined && { until: parseTime(until) }) };
    for await (const event of events(namedContext({ engine }, target), options)) await cli.stdout.write(input.flag('json') ? jsonLine(event) : plainLine(event));
  });
  return ExitCode.ok;
}

/** As docker compose does, labels of its own are left out. */
function attributesOf(event: EventMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(event.Actor.Attributes).filter(([key]) => !key.startsWith('com.docker.compose.')));
}

function jsonLine(event: EventMessage): string {
  const service = event.Actor.Attributes[Label.service] ?? '';
  const { Action, Actor, timeNano } = event;
  const time = isoTime(timeNano);
  return `${JSON.stringify({ action: Action, attributes: attributesOf(event), id: Actor.ID, service, time, type: 'container' })}\n`;
}

function plainLine(event: EventMessage): string {
  const attributes = Object.entries(attributesOf(event)).sort().map(([key, value]) => `${key}=${value}`).join(', ');
  return `${isoTime(event.timeNano).replace('T', ' ').replace('Z', '')} container ${event.Action} ${event.Actor.ID} (${sanitize(attributes)})\n`;
}

/** Microseconds, as docker compose prints. */
function isoTime(timeNano: number): string {
  const micros = String(Math.floor(timeNano / 1000) % 1_000_000).padStart(6, '0');
  return `${new Date(timeNano / 1e6).toISOString().slice(0, 19)}.${micros}Z`;
}
