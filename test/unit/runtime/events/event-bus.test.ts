import { describe, expect, it } from 'vitest';
import type { EventMessage, Filters } from '../../../../src/engine-api/index.ts';
import { EventBus } from '../../../../src/runtime/events/index.ts';

async function take(events: AsyncIterable<EventMessage>): Promise<string[]> {
  const actions: string[] = [];
  for await (const event of events) actions.push(event.Action);
  return actions;
}

/** What a filter lets through of a fixed history. */
async function past(filters: Filters): Promise<string[]> {
  const bus = new EventBus();
  bus.publish('container', 'start', 'abc123', { name: 'web', image: 'nginx:1', tier: 'front' });
  bus.publish('container', 'exec_start: sh', 'abc123', { name: 'web', image: 'nginx:1' });
  bus.publish('container', 'health_status: healthy', 'def456', { name: 'db', image: 'postgres' });
  bus.publish('network', 'connect', 'net1', { name: 'front', container: 'abc123' });
  bus.publish('volume', 'create', 'data', {});
  const events = bus.subscribe({ since: 1, filters });
  bus.close();
  return take(events);
}

describe('events', () => {
  it.each<[Filters, string[]]>([
    [{ type: ['volume'] }, ['create']],
    [{ event: ['health_status'] }, ['health_status: healthy']],
    [{ event: ['start', 'create'] }, ['start', 'create']],
    [{ container: ['web'] }, ['start', 'exec_start: sh']],
    [{ container: ['abc'] }, ['start', 'exec_start: sh', 'connect']],
    [{ image: ['nginx'] }, ['start', 'exec_start: sh']],
    [{ label: ['tier=front'] }, ['start']],
    [{ type: ['container'], event: ['connect'] }, []],
    [{ network: ['front'] }, ['connect']],
  ])('pass the filter %j as %j', async (filters, expected) => {
    expect(await past(filters)).toEqual(expected);
  });

  it('come to every subscriber in order, from the moment of subscription', async () => {
    const bus = new EventBus();
    bus.publish('volume', 'before', 'v');
    const abort = new AbortController();
    const [one, two] = [bus.subscribe({}, abort.signal), bus.subscribe({ filters: { event: ['second'] } })];
    bus.publish('volume', 'first', 'v');
    bus.publish('volume', 'second', 'v');
    abort.abort();
    bus.publish('volume', 'third', 'v');
    bus.close();
    expect(await take(one)).toEqual(['first', 'second']);
    expect(await take(two)).toEqual(['second']);
  });

  it('end at the time that was asked for', async () => {
    const bus = new EventBus();
    bus.publish('volume', 'past', 'v');
    expect(await take(bus.subscribe({ since: 1, until: Date.now() / 1000 + 0.05 }))).toEqual(['past']);
  });
});
