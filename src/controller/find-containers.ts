/** Finding the containers that a command is about, with one request. */
import { UserError } from '../base/index.ts';
import { callOptions, projectNameOf, type NamedContext } from './context.ts';
import { Label } from './identity.ts';
import { observedContainer } from './observe.ts';
import type { ObservedContainer } from './observed-state.ts';

export interface ContainerFilter {
  /** Empty or absent: all services. */
  readonly services?: readonly string[];
  /** Place among the replicas, from 1. */
  readonly index?: number;
  /** Stopped ones too. Default true. */
  readonly all?: boolean;
  /** Include containers of `run`. Default false. */
  readonly oneOff?: boolean;
}

/** Containers of the project, by service and number. @throws EngineError */
export async function findContainers(context: NamedContext, filter: ContainerFilter = {}): Promise<ObservedContainer[]> {
  const { services = [], index, all = true, oneOff = false } = filter;
  const label = [`${Label.project}=${projectNameOf(context)}`];
  if (services.length === 1) label.push(`${Label.service}=${services[0]}`);
  if (!oneOff) label.push(`${Label.oneOff}=False`);
  if (index !== undefined) label.push(`${Label.containerNumber}=${index}`);
  const list = await context.engine.containers.list({ all, filters: { label } }, callOptions(context));
  return list
    .map(observedContainer)
    .filter((c) => services.length === 0 || services.includes(c.service))
    .sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : a.number - b.number));
}

/** The one container that a command on a service means. @throws UserError `container.notRunning`, `service.unknown` */
export async function findOne(context: NamedContext, service: string, options: { readonly index?: number | undefined; readonly all?: boolean; readonly oneOff?: boolean } = {}): Promise<ObservedContainer> {
  const { index, all = false, oneOff = false } = options;
  const found = await findContainers(context, { services: [service], all, oneOff, ...(index !== undefined && { index }) });
  const own = found.find((c) => !c.oneOff) ?? found[0];
  if (own) return own;
  const { project } = context;
  if (project && !project.services[service] && !project.disabledServices[service]) throw new UserError(`no such service: ${service}`, { code: 'service.unknown' });
  const place = index === undefined ? '' : ` #${index}`;
  const problem = all ? `has no container${place}` : `is not running${place && ` container${place}`}`;
  throw new UserError(`service "${service}" ${problem}`, { code: 'container.notRunning', hint: 'start it with `up -d`' });
}
