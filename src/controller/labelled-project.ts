/** What the containers' labels tell of a project of which there is no file: its services and their order. */
import type { DependsCondition, Project } from '../compose/index.ts';
import { buildGraph, graphOf, type Dependency, type ServiceGraph } from '../graph/index.ts';
import { Label } from './identity.ts';
import type { ObservedContainer } from './observed-state.ts';

const CONDITIONS: readonly string[] = ['service_started', 'service_healthy', 'service_completed_successfully'];

/** The graph of the file, or, without one, of the labels. Labels that contradict each other give no order. */
export function graphFor(project: Project | undefined, containers: readonly ObservedContainer[]): ServiceGraph {
  if (project) return buildGraph(project);
  const names = [...new Set(containers.map((c) => c.service))];
  const edges = new Map<string, Dependency>();
  for (const container of containers) {
    for (const edge of parseDependsOn(container)) edges.set(`${edge.from} ${edge.to}`, edge);
  }
  return graphOf(names, [...edges.values()]).graph ?? (graphOf(names, []).graph as ServiceGraph); // no edges, no cycle
}

/** `db:service_healthy:true,cache:service_started:false` */
function parseDependsOn(container: ObservedContainer): Dependency[] {
  return (container.labels[Label.dependsOn] ?? '').split(',').flatMap((entry): Dependency[] => {
    const [to = '', condition = 'service_started', restart = 'false'] = entry.split(':');
    if (to === '') return [];
    const known = CONDITIONS.includes(condition) ? (condition as DependsCondition) : 'service_started';
    return [{ from: container.service, to, condition: known, required: true, restart: restart === 'true', via: 'depends_on' }];
  });
}
