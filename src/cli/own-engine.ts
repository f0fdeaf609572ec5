/** Our own engine as this program starts it. */
import { UserError } from '../base/index.ts';
import type { Cli } from './context.ts';

/** Starts the engine and returns when it answers. @throws UserError why it cannot be started */
export async function wakeEngine(cli: Cli): Promise<void> {
  void cli;
  throw new UserError('the engine is not part of this build', { code: 'engine.missing', hint: 'use --host unix:///run/docker.sock' });
}
