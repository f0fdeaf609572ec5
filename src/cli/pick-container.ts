/** Finding the container of a service that a command is about. */
import { UserError } from '../base/index.ts';
import { observe, type ObservedContainer } from '../controller/index.ts';
import type { Engine } from '../engine-api/index.ts';
import type { Target } from './project.ts';

export interface PickOptions {
  /** `--index`; default: the first replica. */
  readonly index?: number | undefined;
  /** Stopped ones too. */
  readonly all?: boolean;
}

/** @throws UserError `service.notRunning` in docker compose's words, or `service.unknown` */
export async function pickContainer(engine: Engine, target: Target, service: string, options: PickOptions = {}): Promise<ObservedContainer> {
  const [first] = await containersOf(engine, target, service, options);
  if (first) return first;
  const replica = options.index === undefined ? '' : ` container #${options.index}`;
  if (options.all) throw new UserError(`service "${service}" has no${replica || ' container'}`, { code: 'service.noContainer', hint: `tscompose up -d ${service}` });
  throw new UserError(`service "${service}"${replica} is not running`, { code: 'service.notRunning', hint: `tscompose up -d ${service}` });
}

/** The containers of a service by number; one-off containers are not among them. */
export async function containersOf(engine: Engine, target: Target, service: string, options: PickOptions = {}): Promise<ObservedContainer[]> {
  const { containers } = await observe({ engine }, { project: target.name });
  const { project } = target;
  if (project && !(service in project.services) && !(service in project.disabledServices) && !containers.some((c) => c.service === service)) {
    throw new UserError(`no such service: ${service}`, { code: 'service.unknown', hint: `services: ${Object.keys(project.services).sort().join(', ')}` });
  }
  const isWanted = (c: ObservedContainer): boolean =>
    c.service === service && !c.oneOff && (options.all === true || c.state === 'running' || c.state === 'paused') && (options.index === undefined || c.number === options.index);
  return containers.filter(isWanted);
}
