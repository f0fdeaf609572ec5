import type { RestartPolicy } from '../../engine-api/index.ts';
import type { ContainerProcess, ContainerState } from './record.ts';

/** What can be seen of a container from the outside, gathered by `evidence.ts`. */
export interface Evidence {
  /** From the exit file: the process of this bundle has ended. */
  readonly exit?: { readonly code: number; readonly at: string };
  /** The process has ended, and its conmon lives and has not yet said how. */
  readonly awaitsExit: boolean;
  /** The process that the state names lives. */
  readonly process?: ContainerProcess;
  /** That process waits on its fifo and has not run a single instruction of the container. */
  readonly waitingForStart: boolean;
  readonly oomKilled: boolean;
  readonly now: string;
}

/** What remains to be done after the state was corrected. */
export type SettleAction = 'openFifo' | 'cleanUp' | 'remove';

export interface Settlement {
  readonly state: ContainerState;
  /** The process has ended and nobody was told yet. */
  readonly died: boolean;
  readonly actions: readonly SettleAction[];
}

/** The exit code of a process whose end nobody saw: the machine stopped, or its conmon was killed. As dockerd gives it. */
export const UNKNOWN_EXIT = 255;

/**
 * Brings a container's state into line with what is there. Called for every record when the engine starts, and whenever a process
 * may have ended; applying it twice changes nothing.
 */
export function settle(state: ContainerState, evidence: Evidence): Settlement {
  if (state.status === 'removing' || state.status === 'dead') return { state, died: false, actions: ['remove'] };
  const { process } = evidence;
  if (process && !evidence.exit) return { state, died: false, actions: evidence.waitingForStart ? ['openFifo'] : [] };
  if (state.process || evidence.exit) return settleEnded(state, evidence);
  return { state, died: false, actions: [] };
}

function settleEnded(state: ContainerState, evidence: Evidence): Settlement {
  const { process: _, health: __, endpoints: ___, ports: ____, netns: _____, ...rest } = state;
  const finishedAt = evidence.exit?.at ?? evidence.now;
  const startedAt = state.process ? state.startedAt : finishedAt; // it ran and ended before it was written down
  const ended: ContainerState = {
    ...rest,
    status: 'exited',
    exitCode: evidence.exit?.code ?? UNKNOWN_EXIT,
    oomKilled: evidence.oomKilled,
    startedAt,
    finishedAt,
    ...(state.health && { health: { ...state.health, Status: state.health.Status === 'none' ? 'none' : 'unhealthy' } }),
  };
  return { state: ended, died: true, actions: ['cleanUp'] };
}

/**
 * Whether the policy brings an ended container back.
 * @param state  after its end
 * @see Docker's documentation, "Start containers automatically"
 */
export function shouldRestart(policy: RestartPolicy | undefined, state: Pick<ContainerState, 'exitCode' | 'restartCount' | 'stoppedByUser'>): boolean {
  if (state.stoppedByUser) return false;
  switch (policy?.Name) {
    case 'always':
    case 'unless-stopped':
      return true;
    case 'on-failure': {
      const limit = policy.MaximumRetryCount ?? 0;
      return state.exitCode !== 0 && (limit === 0 || state.restartCount < limit);
    }
    default:
      return false;
  }
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** Who ran this long was up: the back-off starts anew. */
const STABLE_MS = 10_000;

/** Docker's back-off: 100 ms, doubled at each restart up to a minute, from the start again after ten good seconds. */
export function nextRestartDelay(previousMs: number, ranMs: number): number {
  if (previousMs === 0 || ranMs >= STABLE_MS) return FIRST_DELAY_MS;
  return Math.min(LONGEST_DELAY_MS, previousMs * 2);
}
