import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildGraph, closure, walk } from '../../../src/graph/index.ts';
import { dependsOn, project } from '../../unit/controller/model.ts';

/** A service may only need services with smaller numbers: no cycles. Names are shuffled against the numbers. */
const acyclic = fc.integer({ min: 1, max: 15 }).chain((count) =>
  fc.record({
    names: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/), { minLength: count, maxLength: count }),
    edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 40 }),
  }),
);

function build({ names, edges }: { names: string[]; edges: [number, number][] }) {
  const needs = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
  for (const [a, b] of edges) if (a > b) needs.get(names[a] ?? '')?.add(names[b] ?? '');
  const services = Object.fromEntries(names.map((name) => [name, { depends_on: dependsOn(...(needs.get(name) ?? [])) }]));
  return { graph: buildGraph(project({ services })), needs };
}

describe('the order of services', () => {
  it('respects every edge and names every service once', () => {
    fc.assert(
      fc.property(acyclic, (input) => {
        const { graph, needs } = build(input);
        expect([...graph.order].sort()).toEqual([...input.names].sort());
        for (const [from, set] of needs) for (const to of set) expect(graph.order.indexOf(to)).toBeLessThan(graph.order.indexOf(from));
      }),
    );
  });

  it('does not depend on the order in which services and edges were written', () => {
    fc.assert(
      fc.property(acyclic, ({ names, edges }) => {
        const { graph, needs } = build({ names, edges });
        const services = Object.fromEntries([...names].reverse().map((name) => [name, { depends_on: dependsOn(...[...(needs.get(name) ?? [])].reverse()) }]));
        expect(buildGraph(project({ services })).order).toEqual(graph.order);
      }),
    );
  });

  it('gives every selection a closure that lacks nothing it needs', () => {
    fc.assert(
      fc.property(acyclic, fc.nat(), (input, pick) => {
        const { graph, needs } = build(input);
        const chosen = closure(graph, [input.names[pick % input.names.length] ?? '']);
        for (const name of chosen) for (const to of needs.get(name) ?? []) expect(chosen).toContain(to);
      }),
    );
  });
});

describe('a parallel walk', () => {
  it('visits each node once, after everything before it, and never more than its width at once', async () => {
    await fc.assert(
      fc.asyncProperty(acyclic, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (input, width, reverse) => {
        const { needs } = build(input);
        const finished = new Set<string>();
        let running = 0;
        const edges = { key: (name: string) => name, after: (name: string) => needs.get(name) ?? [] };
        await walk(input.names, edges, async (name) => {
          const before = reverse ? input.names.filter((other) => needs.get(other)?.has(name)) : [...(needs.get(name) ?? [])];
          for (const other of before) expect(finished).toContain(other);
          expect(finished).not.toContain(name);
          expect(++running).toBeLessThanOrEqual(width);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
          finished.add(name);
        }, { width, reverse });
        expect(finished.size).toBe(input.names.length);
      }),
      { numRuns: 30 },
    );
  });
});
