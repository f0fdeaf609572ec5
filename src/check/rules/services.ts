/** Attributes of services. */
import type { Project, Service } from '../../compose/index.ts';
import { suggest } from '../../compose/inspect/index.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

const POLICIES = ['no', 'always', 'on-failure', 'unless-stopped'];

function checkRestart(context: RuleContext, project: Project): void {
  for (const { name, restart } of allServices(project)) {
    if (restart === undefined || restart === '' || /^(no|always|unless-stopped|on-failure(:\d+)?)$/.test(restart)) continue;
    const similar = suggest(restart.split(':')[0] ?? '', POLICIES);
    const valid = 'valid values are no, always, on-failure, on-failure:N and unless-stopped';
    context.report(`"${restart}" is not a restart policy`, { path: ['services', name, 'restart'], hint: similar === undefined ? valid : `did you mean "${similar}"? ${valid}` });
  }
}

function checkNames(context: RuleContext, project: Project): void {
  const seen = new Map<string, Service>();
  for (const service of allServices(project)) {
    if (service.container_name === undefined) continue;
    const first = seen.get(service.container_name);
    if (first) {
      context.report(`services "${first.name}" and "${service.name}" both want the container name "${service.container_name}"`, {
        path: ['services', service.name, 'container_name'],
        related: [{ message: 'first here', path: ['services', first.name, 'container_name'] }],
        hint: 'remove container_name: services find each other by their service name',
      });
    }
    seen.set(service.container_name, service);
  }
}

interface Ignored {
  readonly keys: readonly string[];
  readonly isUsed: (service: Service) => boolean;
  readonly because: string;
}

const IGNORED: readonly Ignored[] = [
  { keys: ['provider'], isUsed: (s) => s.provider !== undefined, because: 'providers are not supported' },
  { keys: ['models'], isUsed: (s) => Object.keys(s.models ?? {}).length > 0, because: 'models are not supported' },
  { keys: ['credential_spec'], isUsed: (s) => s.credential_spec !== undefined, because: 'it is for Windows containers' },
  { keys: ['use_api_socket'], isUsed: (s) => s.use_api_socket === true, because: 'it is not supported' },
  { keys: ['pre_start'], isUsed: (s) => (s.pre_start ?? []).length > 0, because: 'it is not supported' },
  { keys: ['deploy', 'mode'], isUsed: (s) => s.deploy?.mode === 'global' || s.deploy?.mode === 'global-job', because: 'it needs Swarm' },
  { keys: ['deploy', 'placement'], isUsed: (s) => s.deploy?.placement !== undefined, because: 'it needs Swarm' },
  { keys: ['deploy', 'endpoint_mode'], isUsed: (s) => s.deploy?.endpoint_mode !== undefined, because: 'it needs Swarm' },
  { keys: ['deploy', 'update_config'], isUsed: (s) => s.deploy?.update_config !== undefined, because: 'it needs Swarm' },
  { keys: ['deploy', 'rollback_config'], isUsed: (s) => s.deploy?.rollback_config !== undefined, because: 'it needs Swarm' },
];

function checkIgnored(context: RuleContext, project: Project): void {
  for (const service of allServices(project)) {
    for (const { keys, isUsed, because } of IGNORED) {
      if (isUsed(service)) context.report(`${keys.join('.')} has no effect: ${because}`, { path: ['services', service.name, ...keys], hint: 'remove it, or switch this rule off when the file serves other tools as well' });
    }
  }
}

export const serviceRules: readonly Rule[] = [
  {
    id: 'restart.invalid',
    level: 'error',
    summary: 'a restart policy that does not exist',
    why: 'The engine refuses it when the container is created.',
    project: checkRestart,
  },
  {
    id: 'container.duplicate',
    level: 'error',
    summary: 'two services want the same container name',
    why: 'The second container cannot be created.',
    project: checkNames,
  },
  {
    id: 'attribute.ignored',
    level: 'warning',
    summary: 'an attribute that has no effect here',
    why: 'Providers, models and what only Swarm does are read and checked, but nothing acts on them.',
    project: checkIgnored,
  },
];
