/** Our own engine as this program starts it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../base/index.ts';
import { ensureEngine } from '../engine/autostart.ts';
import type { Cli } from './context.ts';

/** Starts the engine and returns when it answers. @throws UserError why it cannot be started, with the way to find out what lacks */
export async function wakeEngine(cli: Cli): Promise<void> {
  const entry = join(cli.home, 'engine.mjs');
  if (!existsSync(entry)) throw new UserError(`the engine is missing: ${entry}`, { code: 'engine.missing', hint: 'npm run build' });
  try {
    await ensureEngine({ command: [process.execPath, entry], env: cli.env });
  } catch (error) {
    if (!(error instanceof UserError) || error.hint !== undefined) throw error;
    throw new UserError(error.message, { code: error.code, hint: 'tscompose doctor tells what this machine lacks', cause: error });
  }
}
