import { describe, expect, it } from 'vitest';
import { formatPlan } from '../../../src/controller/index.ts';
import { dependsOn, project } from './model.ts';
import { downPlan, emptyWorld, follow, upPlan } from './world.ts';

describe('down', () => {
  const chain = project({ services: { a: {}, b: { depends_on: dependsOn('a') }, c: { depends_on: dependsOn('b') } } });
  const world = follow(emptyWorld(chain), upPlan(chain, emptyWorld(chain)), chain);

  it('of named services leaves what needs them, and what they need', () => {
    const after = follow(world, downPlan(chain, world, { services: ['b'] }), chain);
    expect(after.containers.map((c) => c.service).sort()).toEqual(['a', 'c']);
    expect(after.networks.map((n) => n.name)).toContain('demo_default');
  });

  it('of everything ends what needs others first', () => {
    expect(formatPlan(downPlan(chain, world))).toMatch(/demo-c-1 .*stop[^]*demo-b-1 .*stop[^]*demo-a-1 .*stop/);
  });
});
