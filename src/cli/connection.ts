/** Reaching the engine of an invocation. */
import { connectEngine, type HttpEngine } from '../engine-api/index.ts';
import type { Cli } from './context.ts';

export interface Connection {
  readonly engine: HttpEngine;
  /** It is the engine that this program brings along, and not dockerd or podman. */
  readonly isOwn: boolean;
}

/**
 * The engine that `--host`, `--context`, the environment or the current docker context names, else our own, which is started when it
 * sleeps. Nothing is sent before the first call.
 * @throws UserError for an address that cannot be used
 */
export function connect(cli: Cli): Connection {
  const engine = connectEngine({
    host: cli.globals.host,
    context: cli.globals.context,
    env: cli.env,
    wake: () => wake(cli),
  });
  return { engine, isOwn: engine.endpoint.source === 'default' };
}

async function wake(cli: Cli): Promise<void> {
  const { wakeEngine } = await import('./own-engine.ts');
  await wakeEngine(cli);
}

/** Runs a body with a connection and closes it afterwards. */
export async function withEngine<T>(cli: Cli, body: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = connect(cli);
  try {
    return await body(connection);
  } finally {
    await connection.engine.close();
  }
}
