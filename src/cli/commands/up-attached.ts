import { UserError } from '../../base/index.ts';
import type { UpVerbOptions } from '../../controller/index.ts';
import type { Project } from '../../compose/index.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';

export async function runAttached(_cli: Cli, _input: CommandInput, _project: Project, _options: UpVerbOptions): Promise<number> {
  throw new UserError('up without -d is not made yet', { code: 'command.missing' });
}
