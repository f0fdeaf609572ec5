import { describe, expect, it } from 'vitest';
import { walk } from '../../../src/graph/index.ts';

const edges = (after: Record<string, string[]>) => ({ key: (node: string) => node, after: (node: string) => after[node] ?? [] });

/** Visits that end when they are told to. */
function gates(): { visit: (node: string) => Promise<void>; open: (node: string) => Promise<void>; begun: string[] } {
  const begun: string[] = [];
  const resolvers = new Map<string, () => void>();
  return {
    begun,
    visit: (node) => {
      begun.push(node);
      return new Promise((resolve) => resolvers.set(node, resolve));
    },
    open: async (node) => {
      resolvers.get(node)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('walk', () => {
  it('begins a node as soon as what it needs is finished, not when a whole level is', async () => {
    const { visit, open, begun } = gates();
    const done = walk(['slow', 'db', 'web'], edges({ web: ['db'] }), visit);
    expect(begun).toEqual(['slow', 'db']);
    await open('db');
    expect(begun).toEqual(['slow', 'db', 'web']);
    await open('slow');
    await open('web');
    await done;
  });

  it('keeps to its width and begins ready nodes in the given order', async () => {
    const { visit, open, begun } = gates();
    const done = walk(['a', 'b', 'c', 'd'], edges({}), visit, { width: 2 });
    expect(begun).toEqual(['a', 'b']);
    await open('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    for (const node of ['a', 'c', 'd']) await open(node);
    await done;
  });

  it('walks against the edges in reverse', async () => {
    const order: string[] = [];
    await walk(['db', 'api', 'web'], edges({ api: ['db'], web: ['api'] }), async (node) => void order.push(node), { reverse: true });
    expect(order).toEqual(['web', 'api', 'db']);
  });

  it('begins nothing after a failure, waits for what runs, and throws the first error', async () => {
    const { visit, open, begun } = gates();
    let settled = false;
    const done = walk(['bad', 'running', 'later'], edges({ later: ['running'] }), (node) => (node === 'bad' ? Promise.reject(new Error('no')) : visit(node))).finally(() => (settled = true));
    const outcome = expect(done).rejects.toThrow('no');
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    await open('running');
    await outcome;
    expect(begun).toEqual(['running']);
  });

  it('begins nothing after an abort', async () => {
    const controller = new AbortController();
    const begun: string[] = [];
    const done = walk(['a', 'b'], edges({ b: ['a'] }), async (node) => {
      begun.push(node);
      controller.abort();
    }, { signal: controller.signal });
    await expect(done).rejects.toMatchObject({ kind: 'cancelled' });
    expect(begun).toEqual(['a']);
  });

  it('says so when the edges have a cycle', async () => {
    await expect(walk(['a', 'b'], edges({ a: ['b'], b: ['a'] }), async () => {})).rejects.toThrow(/cycle/);
  });
});
