/** `export`: the files of a container as a tar archive. */
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ExitCode, UserError } from '../../base/index.ts';
import { exportContainer } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const [service = ''] = input.args;
  const target = input.value('output');
  if (target === undefined && cli.stdout.isTerminal) {
    throw new UserError('an archive is not for a terminal', { code: 'terminal.output', hint: 'use -o FILE, or redirect' });
  }
  const project = await projectOrName(cli, { services: [service] });
  const index = input.replica();
  await withEngine(cli, async ({ engine }) => {
    const archive = await exportContainer(namedContext({ engine }, project), { service, ...(index !== undefined && { index }) });
    if (target !== undefined) return pipeline(archive, createWriteStream(resolve(cli.cwd, target)));
    for await (const piece of archive as AsyncIterable<Uint8Array>) await cli.stdout.write(piece);
  });
  return ExitCode.ok;
}
