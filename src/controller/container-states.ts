/** What a container's state means for who plans. */
import type { Service } from '../compose/index.ts';
import type { ObservedContainer } from './observed-state.ts';

/** It has processes: it must be stopped before it can go. */
export function isAlive(container: Pick<ObservedContainer, 'state'>): boolean {
  return container.state === 'running' || container.state === 'paused' || container.state === 'restarting';
}

/** With no time to stop in, a forced removal does in one request what stop and remove do in two. */
export function killsAtOnce(service: Service | undefined, timeoutSeconds: number | undefined): boolean {
  if (service?.pre_stop && service.pre_stop.length > 0) return false;
  return timeoutSeconds === 0 || (timeoutSeconds === undefined && service?.stop_grace_period === 0);
}
