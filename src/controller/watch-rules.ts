/** `develop.watch`: which changed file means what. Pure, but for reading ignore files when rules are made. */
import { join, relative } from 'node:path';
import { createIgnoreMatcher, parseIgnoreFile, readTextIfExists, UserError, type IgnoreMatcher } from '../base/index.ts';
import type { Project, Service, WatchRule } from '../compose/index.ts';

export interface CompiledRule {
  readonly service: string;
  readonly rule: WatchRule;
  /** Absolute directory or file. */
  readonly root: string;
  /** Whether a path below the root (relative, `/` between parts) is none of the rule's business, and why. */
  ignoredBy(path: string): string | undefined;
  /** A directory below the root into which nobody needs to look. */
  canSkip(path: string): boolean;
}

/** What editors and version control leave lying around for a moment. */
const EPHEMERAL = ['**/.git', '**/*~', '**/.*.sw?', '**/.*.sw', '**/4913', '**/.#*', '**/#*#', '**/.idea', '**/.DS_Store', '**/*.tmp.*'];

/** The rules of the given services, or of every service that has some. @throws UserError `watch.none`, `watch.target` */
export function compileRules(project: Project, services: readonly string[]): CompiledRule[] {
  const selected = Object.values(project.services).filter((service) => services.length === 0 || services.includes(service.name));
  const rules = selected.flatMap((service) => (service.develop?.watch ?? []).map((rule) => compileRule(project, service, rule)));
  if (rules.length > 0) return rules;
  throw new UserError('none of the selected services is configured for watch', { code: 'watch.none', hint: 'add a `develop.watch` section to a service' });
}

function compileRule(project: Project, service: Service, rule: WatchRule): CompiledRule {
  if (rule.action.startsWith('sync') && rule.target === undefined) {
    throw new UserError(`services.${service.name}.develop.watch: action ${rule.action} needs a target`, { code: 'watch.target' });
  }
  const root = rule.path.startsWith('/') ? rule.path : join(project.directory, rule.path);
  const own = matcherOf(rule.ignore);
  const include = rule.include && rule.include.length > 0 ? matcherOf(rule.include) : undefined;
  const ephemeral = createIgnoreMatcher(EPHEMERAL);
  const context = contextMatcher(project, service);
  const inContext = (path: string): string | undefined => {
    const place = context && relative(context.root, join(root, path));
    return place === undefined || place === '' || place.startsWith('..') ? undefined : place;
  };
  return {
    service: service.name,
    rule,
    root,
    ignoredBy(path) {
      if (path === '') return undefined;
      if (own?.isIgnored(path)) return 'ignore of the rule';
      if (ephemeral.isIgnored(path)) return 'temporary file';
      const place = inContext(path);
      if (place !== undefined && context?.matcher.isIgnored(place)) return '.dockerignore of the build context';
      // What `include` names is "ignored" by a matcher made of it.
      return include && !include.isIgnored(path) ? 'not in include' : undefined;
    },
    canSkip(path) {
      if (own?.isIgnored(path) && own.canSkipDirectory(path)) return true;
      if (ephemeral.isIgnored(path)) return true;
      const place = inContext(path);
      return place !== undefined && context !== undefined && context.matcher.isIgnored(place) && context.matcher.canSkipDirectory(place);
    },
  };
}

function matcherOf(patterns: readonly string[] | undefined): IgnoreMatcher | undefined {
  return patterns && patterns.length > 0 ? createIgnoreMatcher(parseIgnoreFile(patterns.join('\n'))) : undefined;
}

function contextMatcher(project: Project, service: Service): { readonly root: string; readonly matcher: IgnoreMatcher } | undefined {
  const context = service.build?.context;
  if (context === undefined || /^[a-z]+:\/\//.test(context)) return undefined;
  const root = context.startsWith('/') ? context : join(project.directory, context);
  const text = readTextIfExists(join(root, '.dockerignore'));
  return text === undefined ? undefined : { root, matcher: createIgnoreMatcher(parseIgnoreFile(text)) };
}

/** A file of a rule that is new or different, or gone. */
export interface Change {
  readonly rule: CompiledRule;
  /** Relative to the rule's root; empty when the root is a file. */
  readonly path: string;
  readonly kind: 'written' | 'deleted';
}

/** What to do for one service after a batch of changes. */
export interface ServiceReaction {
  readonly service: string;
  readonly rebuild: boolean;
  readonly restart: boolean;
  readonly written: readonly { readonly from: string; readonly to: string }[];
  readonly deleted: readonly string[];
  readonly hooks: readonly NonNullable<WatchRule['exec']>[];
}

/** A rebuild brings everything anew, so it makes syncs of the same batch unnecessary. */
export function reactions(changes: readonly Change[]): ServiceReaction[] {
  const services = [...new Set(changes.map((change) => change.rule.service))].sort();
  return services.map((service) => {
    const own = changes.filter((change) => change.rule.service === service);
    const rebuild = own.some(({ rule }) => rule.rule.action === 'rebuild');
    const synced = rebuild ? [] : own.filter(({ rule }) => rule.rule.action.startsWith('sync'));
    const to = ({ rule, path }: Change): string => (path === '' ? (rule.rule.target ?? '') : `${(rule.rule.target ?? '').replace(/\/+$/, '')}/${path}`);
    const hooks = new Set(synced.flatMap(({ rule }) => (rule.rule.action === 'sync+exec' && rule.rule.exec ? [rule.rule.exec] : [])));
    return {
      service,
      rebuild,
      restart: !rebuild && own.some(({ rule }) => rule.rule.action === 'restart' || rule.rule.action === 'sync+restart'),
      written: synced.filter((change) => change.kind === 'written').map((change) => ({ from: join(change.rule.root, change.path), to: to(change) })),
      deleted: synced.filter((change) => change.kind === 'deleted').map(to),
      hooks: [...hooks],
    };
  });
}
