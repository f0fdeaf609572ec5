import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPlan } from '../../../src/controller/index.ts';
import { dependsOn, project, type ProjectInput, type ServiceInput } from '../../unit/controller/model.ts';
import { downPlan, emptyWorld, follow, upPlan } from '../../unit/controller/world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'] as const;

const service = (index: number) =>
  fc.record({
    user: fc.constantFrom('0', '1', '2'),
    scale: fc.integer({ min: 0, max: 3 }),
    grace: fc.boolean(),
    network: fc.constantFrom('default', 'front', 'shared-namespace'),
    volume: fc.constantFrom('none', 'data', 'anonymous'),
    port: fc.constantFrom(undefined, '8080', '8081'),
    needs: fc.array(fc.tuple(fc.nat(Math.max(0, index - 1)), fc.constantFrom(...CONDITIONS)), { maxLength: index === 0 ? 0 : 2 }),
  });

/** Projects over the same names, so that going from one to the other keeps, changes, adds and removes services. */
const input = fc
  .tuple(fc.tuple(service(0), service(1), service(2), service(3), service(4)), fc.subarray([...NAMES], { minLength: 1 }), fc.boolean())
  .map(([services, enabled, internal]): ProjectInput => {
    const chosen = NAMES.flatMap((name, index): [string, ServiceInput][] => {
      const s = services[index];
      if (!s || !enabled.includes(name)) return [];
      const needs = s.needs.filter(([to]) => enabled.includes(NAMES[to] ?? 'a') && to < index);
      const holder = needs.find(([to]) => (services[to]?.scale ?? 0) > 0)?.[0];
      const shares = s.network === 'shared-namespace' && holder !== undefined;
      return [
        [
          name,
          {
            user: s.user,
            scale: s.scale,
            ...(s.grace && { stop_grace_period: 0 }),
            depends_on: dependsOn(...needs.map(([to, condition]): [string, { condition: (typeof CONDITIONS)[number]; required: boolean }] => [NAMES[to] ?? 'a', { condition, required: true }])),
            ...(shares ? { network_mode: `service:${NAMES[holder]}` } : { networks: { [s.network === 'front' ? 'front' : 'default']: null } }),
            ...(s.volume !== 'none' && { volumes: [{ type: 'volume' as const, ...(s.volume === 'data' && { source: 'data' }), target: '/data' }] }),
            ...(s.port !== undefined && !shares && { ports: [{ mode: 'ingress' as const, target: 80, published: s.port, protocol: 'tcp' as const }] }),
          },
        ],
      ];
    });
    return { services: Object.fromEntries(chosen), networks: { default: {}, front: { internal } }, volumes: { data: {} } };
  });

describe('a plan for any project, from whatever another project left', () => {
  it('can be carried out step by step, and leaves nothing to do', () => {
    fc.assert(
      fc.property(input, input, fc.boolean(), (before, after, removeOrphans) => {
        const [first, second] = [project(before), project(after)];
        const start = { ...emptyWorld(first), images: { ...emptyWorld(first).images, ...emptyWorld(second).images } };
        const middle = follow(start, upPlan(first, start), first);
        const end = follow(middle, upPlan(second, middle, { removeOrphans }), second);
        expect(formatPlan(upPlan(second, end))).toBe('');
      }),
      { numRuns: 300 },
    );
  });

  it('can be broken off at any step, and the next plan leads to the same place', () => {
    fc.assert(
      fc.property(input, input, fc.nat(), (before, after, cut) => {
        const [first, second] = [project(before), project(after)];
        const start = { ...emptyWorld(first), images: { ...emptyWorld(first).images, ...emptyWorld(second).images } };
        const middle = follow(start, upPlan(first, start), first);
        const plan = upPlan(second, middle);
        const broken = follow(middle, plan, second, (cut % (plan.steps.length + 1)) + 1);
        const end = follow(broken, upPlan(second, broken), second);
        expect(formatPlan(upPlan(second, end))).toBe('');
        const names = end.containers.map((c) => c.name);
        expect(names.filter((name) => /^[0-9a-f]{12}_/.test(name))).toEqual([]);
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 300 },
    );
  });

  it('is undone by down without a trace', () => {
    fc.assert(
      fc.property(input, (before) => {
        const model = project(before);
        const world = follow(emptyWorld(model), upPlan(model, emptyWorld(model)), model);
        const end = follow(world, downPlan(model, world, { volumes: true }), model);
        expect(end.containers).toEqual([]);
        expect(end.networks.map((n) => n.name)).toEqual(['host']);
        expect(end.volumes).toEqual([]);
        expect(downPlan(model, end).steps).toEqual([]);
      }),
    );
  });
});
