/** Which images must be pulled or built before containers can be made. */
import { UserError } from '../base/index.ts';
import type { Project, Service } from '../compose/index.ts';
import type { ServiceGraph } from '../graph/index.ts';
import { imageOf } from './identity.ts';
import type { ObservedImage, ObservedState } from './observed-state.ts';
import type { PlanBuilder } from './plan-builder.ts';

export interface ImageOptions {
  /** `--build`: build every selected service that can be built. */
  readonly build?: boolean;
  /** `--no-build`: never build. */
  readonly noBuild?: boolean;
  /** `--pull POLICY`: takes the place of every service's `pull_policy`. */
  readonly pull?: string;
  /** The moment that `daily`, `weekly` and `every_<duration>` are measured from. */
  readonly nowMs: number;
}

/**
 * One step for each image that must be fetched or built; builds follow the order of the services and of `service:` contexts.
 * @returns the step that provides each service's image; undefined when the engine has it already
 * @throws UserError `image.missing`, `image.undefined`, `pullPolicy.invalid`
 */
export function planImages(plan: PlanBuilder, project: Project, graph: ServiceGraph, services: readonly Service[], observed: ObservedState, options: ImageOptions): Map<string, number | undefined> {
  const byImage = new Map<string, number | undefined>();
  const byService = new Map<string, number | undefined>();
  const builders = new Map(services.flatMap((service) => (service.build ? [[imageOf(project.name, service), service] as const] : [])).reverse());
  const selected = new Set(services.map((service) => service.name));
  const visit = (service: Service): number | undefined => {
    if (byService.has(service.name)) return byService.get(service.name);
    byService.set(service.name, undefined); // ends a cycle of contexts
    const image = imageOf(project.name, service);
    // The image of a service that is built here is never pulled for another, whatever that one's pull policy says.
    const builder = service.build ? undefined : builders.get(image);
    if (builder) {
      const step = visit(builder);
      byService.set(service.name, step);
      return step;
    }
    const need = imageNeed(project, service, observed.images[image], options);
    let step = byImage.get(image);
    if (need && !byImage.has(image)) {
      const before = [...buildDependencies(service), ...graph.dependenciesOf(service.name).map((edge) => edge.to)];
      const after = need.action === 'pull' ? [] : before.flatMap((name) => (project.services[name] && (selected.has(name) || buildDependencies(service).includes(name)) ? [visit(project.services[name])] : []));
      step = addImageStep(plan, service, image, need, after);
    }
    byImage.set(image, step);
    byService.set(service.name, step);
    return step;
  };
  for (const service of services) visit(service);
  return byService;
}

interface ImageNeed {
  readonly action: 'pull' | 'build' | 'pullOrBuild';
  readonly reason: string;
}

function addImageStep(plan: PlanBuilder, service: Service, image: string, need: ImageNeed, after: readonly (number | undefined)[]): number {
  if (need.action === 'build') return plan.add({ kind: 'buildImage', service: service.name, image }, { after, reason: need.reason });
  const platform = service.platform !== undefined ? { platform: service.platform } : {};
  const orBuild = need.action === 'pullOrBuild' ? { orBuild: true } : {};
  return plan.add({ kind: 'pullImage', service: service.name, image, ...platform, ...orBuild }, { after, reason: need.reason });
}

/** Services whose images are contexts of this one's build. */
export function buildDependencies(service: Service): string[] {
  return Object.values(service.build?.additional_contexts ?? {}).flatMap((context) => (context.startsWith('service:') ? [context.slice('service:'.length)] : []));
}

function imageNeed(project: Project, service: Service, present: ObservedImage | undefined, options: ImageOptions): ImageNeed | undefined {
  if (service.image === undefined && !service.build) {
    throw new UserError(`invalid service "${service.name}". Must specify either image or build`, { code: 'image.undefined', exitCode: 15 });
  }
  const fits = present && platformFits(service.platform, present.platform) ? present : undefined;
  const policy = options.pull ?? service.pull_policy ?? 'missing';
  const canBuild = service.build !== undefined && !options.noBuild;
  if (canBuild && options.build) return { action: 'build', reason: '--build' };
  if (canBuild && policy === 'build') return { action: 'build', reason: 'pull_policy build' };
  const canPull = service.image !== undefined && policy !== 'never' && policy !== 'build';
  const due = canPull ? pullIsDue(policy, fits, options.nowMs) : undefined;
  if (due !== undefined) return { action: canBuild ? 'pullOrBuild' : 'pull', reason: due };
  if (fits) return undefined;
  const reason = present ? `not for ${service.platform}` : 'not found';
  if (canBuild) return { action: canPull ? 'pullOrBuild' : 'build', reason };
  if (canPull) return { action: 'pull', reason };
  throw new UserError(`No such image: ${imageOf(project.name, service)}`, {
    code: 'image.missing',
    hint: service.build ? 'build it with `build`, or leave --no-build away' : `service ${service.name} has pull_policy "${policy}": pull the image yourself, or change the policy`,
  });
}

const INTERVALS_MS: Readonly<Record<string, number>> = { daily: 86_400_000, weekly: 7 * 86_400_000 };
const UNITS_MS: Readonly<Record<string, number>> = { w: 7 * 86_400_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** Why an image must be fetched although it may be there; undefined when it need not. @throws UserError `pullPolicy.invalid` */
function pullIsDue(policy: string, present: ObservedImage | undefined, nowMs: number): string | undefined {
  if (policy === 'always' || policy === 'refresh') return `pull_policy ${policy}`;
  if (policy === 'missing' || policy === 'if_not_present' || policy === '') return undefined;
  const interval = INTERVALS_MS[policy] ?? everyMs(policy);
  if (interval === undefined) throw new UserError(`unsupported pull_policy "${policy}"`, { code: 'pullPolicy.invalid', hint: 'use always, missing, never, build, daily, weekly or every_<duration>' });
  if (!present) return undefined;
  return nowMs - Date.parse(present.lastTagged) > interval ? `pull_policy ${policy}` : undefined;
}

/** `every_1w2d12h` in milliseconds. */
function everyMs(policy: string): number | undefined {
  const text = /^every_((?:\d+[wdhms])+)$/.exec(policy)?.[1];
  if (text === undefined) return undefined;
  return [...text.matchAll(/(\d+)([wdhms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ''] ?? 0), 0);
}

/** `linux/arm64` asks for no variant and takes any. */
function platformFits(wanted: string | undefined, actual: string): boolean {
  if (wanted === undefined) return true;
  const parts = wanted.includes('/') ? wanted.split('/') : ['linux', wanted];
  const have = actual.split('/');
  const alias: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64' };
  return parts.every((part, index) => (alias[part] ?? part) === (have[index] ?? (index === 2 ? part : undefined)));
}
