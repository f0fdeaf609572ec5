/** The contract on our own engine: a process of its own, over its socket. */
import { noContainers } from '../support/host.ts';
import { startOwnEngine } from '../support/own-engine.ts';
import { engineContract } from './suite/index.ts';

engineContract('our engine', noContainers(), async () => {
  const own = await startOwnEngine();
  return { engine: own.engine, close: () => own.stop() };
});
