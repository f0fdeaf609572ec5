import { EngineError } from '../../base/index.ts';
import type { ContainerWaitResponse } from '../../engine-api/index.ts';
import type { Container, Waiter } from './container.ts';
import type { Containers } from './context.ts';
import { hasProcess } from './record.ts';

/**
 * Registers a wait, synchronously. `not-running` is answered at once for a container without a process; the other conditions wait for
 * what happens next.
 * @throws EngineError invalid for an unknown condition
 */
export function waitContainer(
  room: Containers,
  container: Container,
  condition: Waiter['condition'] = 'not-running',
  signal?: AbortSignal,
): { exit: Promise<ContainerWaitResponse> } {
  if (!['not-running', 'next-exit', 'removed'].includes(condition)) {
    throw new EngineError('invalid', `invalid condition: "${String(condition)}"`);
  }
  if (condition === 'not-running' && !hasProcess(container.state)) {
    return { exit: Promise.resolve({ StatusCode: container.state.exitCode }) };
  }
  if (condition === 'removed' && room.registry.get(container.id) !== container) {
    return { exit: Promise.resolve({ StatusCode: container.state.exitCode }) };
  }
  const exit = new Promise<ContainerWaitResponse>((resolve, reject) => {
    const waiter: Waiter = {
      condition,
      resolve: (exitCode, error) => {
        signal?.removeEventListener('abort', abort);
        resolve({ StatusCode: exitCode, ...(error !== undefined && error !== '' && { Error: { Message: error } }) });
      },
    };
    const abort = (): void => {
      container.waiters.delete(waiter);
      reject(new EngineError('cancelled', 'the wait was cancelled'));
    };
    container.waiters.add(waiter);
    signal?.addEventListener('abort', abort, { once: true });
  });
  exit.catch(() => {}); // whoever asked may have gone
  return { exit };
}
