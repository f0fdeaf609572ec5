import { UserError } from '../../base/index.ts';

/** Not made yet. */
export async function run(): Promise<number> {
  throw new UserError('this command is not made yet', { code: 'command.missing' });
}
export { run as start, run as stop, run as restart, run as kill, run as pause, run as unpause };
