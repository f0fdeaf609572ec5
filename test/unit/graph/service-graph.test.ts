import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/base/index.ts';
import { buildGraph, closure, dependenciesOfService } from '../../../src/graph/index.ts';
import { dependsOn, project } from '../controller/model.ts';

const healthy = { condition: 'service_healthy', required: true } as const;

describe('buildGraph', () => {
  it('puts dependencies first and breaks ties by name, whatever the order of the file', () => {
    const services = { web: { depends_on: dependsOn('db', 'cache') }, db: {}, cache: { depends_on: dependsOn('db') }, admin: {} };
    const reversed = Object.fromEntries(Object.entries(services).reverse());
    expect(buildGraph(project({ services })).order).toEqual(buildGraph(project({ services: reversed })).order);
    expect(buildGraph(project({ services })).order.filter((name) => name !== 'admin')).toEqual(['db', 'cache', 'web']);
  });

  it('takes edges from every attribute that names a service, and depends_on wins', () => {
    const { services } = project({
      services: {
        app: {
          network_mode: 'service:vpn',
          ipc: 'service:shm',
          pid: 'service:init',
          links: ['db:database'],
          volumes_from: ['data:ro', 'container:other'],
          depends_on: dependsOn(['db', healthy]),
        },
      },
    });
    const app = services['app'];
    expect(app && dependenciesOfService(app).map((edge) => [edge.to, edge.via, edge.condition])).toEqual([
      ['data', 'volumes_from', 'service_started'],
      ['db', 'depends_on', 'service_healthy'],
      ['init', 'pid', 'service_started'],
      ['shm', 'ipc', 'service_started'],
      ['vpn', 'network_mode', 'service_started'],
    ]);
  });

  it('leaves out dependencies that are not enabled', () => {
    const graph = buildGraph(project({ services: { web: { depends_on: dependsOn('debugger') } } }));
    expect(graph.dependenciesOf('web')).toEqual([]);
  });

  it('reports a cycle with its path, its place and the rest of the trail', () => {
    const input = project({ services: { c: { depends_on: dependsOn('b') }, b: { links: ['a'] }, a: { depends_on: dependsOn('c') }, z: { depends_on: dependsOn('a') } } });
    const at = (line: number) => ({ file: 'compose.yaml', start: { line, column: 1, offset: 0 }, end: { line, column: 2, offset: 1 } });
    const lines: Record<string, number> = { 'services.a.depends_on.c': 7, 'services.c.depends_on.b': 3, 'services.b.links': 5 };
    const sources = { rangeOf: (path: string) => (lines[path] === undefined ? undefined : at(lines[path])) };
    const thrown = (() => {
      try {
        buildGraph({ ...input, sources });
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(thrown).toBeInstanceOf(UserError);
    const [diagnostic] = thrown instanceof UserError ? thrown.diagnostics : [];
    expect(diagnostic?.message).toBe('dependency cycle detected: a -> c -> b -> a');
    expect(diagnostic?.code).toBe('graph.cycle');
    expect(diagnostic?.range?.start.line).toBe(7);
    expect(diagnostic?.related?.map((entry) => [entry.message, entry.range.start.line])).toEqual([
      ['c needs b (depends_on)', 3],
      ['b needs a (links)', 5],
    ]);
  });

  it('orders a chain of twenty thousand services', () => {
    const services = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`s${i}`, i === 19_999 ? {} : { depends_on: dependsOn(`s${i + 1}`) }]));
    expect(buildGraph(project({ services })).order.slice(0, 2)).toEqual(['s19999', 's19998']);
  });
});

describe('closure', () => {
  const graph = buildGraph(project({ services: { web: { depends_on: dependsOn('api') }, api: { depends_on: dependsOn('db') }, db: {}, other: {} } }));

  it('gives a selection with all it needs', () => {
    expect(closure(graph, ['api'])).toEqual(['db', 'api']);
  });

  it('gives a selection with all that needs it', () => {
    expect(closure(graph, ['api'], { direction: 'dependents' })).toEqual(['api', 'web']);
  });
});
