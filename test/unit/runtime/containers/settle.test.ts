import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ContainerState, hasProcess, INITIAL_STATE } from '../../../../src/runtime/containers/record.ts';
import { type Evidence, nextRestartDelay, settle, shouldRestart, UNKNOWN_EXIT } from '../../../../src/runtime/containers/settle.ts';

const NOW = '2026-01-02T03:04:05.000000000Z';
const PROCESS = { pid: 10, startTicks: 20, conmonPid: 9 };
const running: ContainerState = { ...INITIAL_STATE, status: 'running', process: PROCESS, startedAt: '2026-01-01T00:00:00Z', ports: {}, netns: '/n' };
const nothing: Evidence = { awaitsExit: false, waitingForStart: false, oomKilled: false, now: NOW };

const states = fc.record({
  status: fc.constantFrom<ContainerState['status']>('created', 'running', 'paused', 'restarting', 'exited', 'removing', 'dead'),
  exitCode: fc.integer({ min: 0, max: 255 }),
  restartCount: fc.nat(5),
  stoppedByUser: fc.boolean(),
}).map((part): ContainerState => {
  const alive = part.status === 'running' || part.status === 'paused';
  return { ...INITIAL_STATE, ...part, ...(alive && { process: PROCESS, startedAt: '2026-01-01T00:00:00Z' }) };
});
const evidences = fc.record({
  lives: fc.boolean(),
  exit: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
  waitingForStart: fc.boolean(),
  oomKilled: fc.boolean(),
});

/** Only what can be seen together: no exit file and no process without a state that names one. */
function evidenceFor(state: ContainerState, seen: { lives: boolean; exit: number | undefined; waitingForStart: boolean; oomKilled: boolean }): Evidence {
  const lives = seen.lives && hasProcess(state);
  return {
    now: NOW,
    oomKilled: seen.oomKilled,
    awaitsExit: false,
    waitingForStart: lives && seen.waitingForStart,
    ...(lives && { process: PROCESS }),
    ...(!lives && hasProcess(state) && seen.exit !== undefined && { exit: { code: seen.exit, at: NOW } }),
  };
}

describe('settle', () => {
  it('applied twice changes nothing more', () => {
    fc.assert(
      fc.property(states, evidences, (state, seen) => {
        const first = settle(state, evidenceFor(state, seen));
        const second = settle(first.state, evidenceFor(first.state, seen));
        expect(second.state).toEqual(first.state);
        if (first.died) expect(second.died).toBe(false);
      }),
    );
  });

  it('says that a process is there exactly when one is', () => {
    fc.assert(
      fc.property(states, evidences, (state, seen) => {
        const evidence = evidenceFor(state, seen);
        const { state: next, died } = settle(state, evidence);
        if (next.status === 'removing' || next.status === 'dead') return;
        expect(hasProcess(next)).toBe(evidence.process !== undefined);
        expect(died).toBe(hasProcess(state) && evidence.process === undefined);
      }),
    );
  });

  it('takes the exit code and its time from the file', () => {
    const { state, died } = settle(running, { ...nothing, exit: { code: 3, at: '2026-01-01T12:00:00Z' }, oomKilled: true });
    expect(died).toBe(true);
    expect(state).toMatchObject({ status: 'exited', exitCode: 3, finishedAt: '2026-01-01T12:00:00Z', oomKilled: true, startedAt: running.startedAt });
    expect(state).not.toHaveProperty('process');
    expect(state).not.toHaveProperty('ports');
  });

  it('does not know the code of a process that went unseen', () => {
    expect(settle(running, nothing).state).toMatchObject({ status: 'exited', exitCode: UNKNOWN_EXIT, finishedAt: NOW });
  });

  it('opens the fifo of a process that was recorded and not started', () => {
    expect(settle(running, { ...nothing, process: PROCESS, waitingForStart: true })).toEqual({ state: running, died: false, actions: ['openFifo'] });
  });

  it('goes on with a removal that was cut short', () => {
    expect(settle({ ...INITIAL_STATE, status: 'removing' }, nothing).actions).toEqual(['remove']);
  });
});

describe('shouldRestart', () => {
  const ended = (exitCode: number, restartCount = 0, stoppedByUser = false) => ({ exitCode, restartCount, stoppedByUser });

  it.each([
    ['no', ended(1), false],
    ['always', ended(0), true],
    ['always', ended(0, 0, true), false],
    ['unless-stopped', ended(0), true],
    ['unless-stopped', ended(1, 3, true), false],
    ['on-failure', ended(0), false],
    ['on-failure', ended(1, 99), true],
  ] as const)('with %s after %o is %s', (Name, state, expected) => {
    expect(shouldRestart({ Name }, state)).toBe(expected);
  });

  it('counts failures', () => {
    const policy = { Name: 'on-failure', MaximumRetryCount: 2 } as const;
    expect([0, 1, 2, 3].map((count) => shouldRestart(policy, ended(1, count)))).toEqual([true, true, false, false]);
  });
});

describe('nextRestartDelay', () => {
  it('doubles up to a minute and starts anew after ten good seconds', () => {
    const delays: number[] = [];
    for (let delay = 0, i = 0; i < 12; i++) delays.push((delay = nextRestartDelay(delay, 50)));
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
    expect(nextRestartDelay(60000, 10_000)).toBe(100);
  });
});
