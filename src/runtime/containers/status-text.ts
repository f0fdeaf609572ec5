import { humanDuration } from '../../base/index.ts';
import type { ContainerState } from './record.ts';

/**
 * The `STATUS` column: `Up 3 minutes (healthy)`, `Exited (0) 2 hours ago`.
 * @see moby, container/state.go, String
 */
export function statusText(state: ContainerState, nowMs: number = Date.now()): string {
  const since = (time: string): string => humanDuration(nowMs - Date.parse(time));
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}${healthSuffix(state)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
    case 'created':
      return 'Created';
    case 'exited':
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}

function healthSuffix({ health }: ContainerState): string {
  if (!health || health.Status === 'none') return '';
  return health.Status === 'starting' ? ' (health: starting)' : ` (${health.Status})`;
}
