/** What services need of each other. */
import type { Project, Service } from '../../compose/index.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

function checkHealth(context: RuleContext, project: Project): void {
  const all = new Map(allServices(project).map((service) => [service.name, service]));
  for (const service of all.values()) {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      const other = all.get(name);
      if (condition !== 'service_healthy' || !other) continue;
      const { healthcheck } = other;
      const off = healthcheck?.disable === true || healthcheck?.test?.[0] === 'NONE';
      if (healthcheck?.test && !off) continue;
      const message = off
        ? `service "${service.name}" waits until "${name}" is healthy, but its health check is switched off`
        : `service "${service.name}" waits until "${name}" is healthy, but "${name}" has no health check of its own`;
      context.report(message, {
        path: ['services', service.name, 'depends_on', name],
        level: off ? 'error' : undefined,
        related: [{ message: `"${name}" is defined here`, path: ['services', name] }],
        hint: off ? `switch it on, or wait for service_started` : `add "healthcheck:" to "${name}", unless its image brings one`,
      });
    }
  }
}

/** Does switching on one profile of `a`, and nothing else, also switch on `b`? */
function impliedBy(a: Service, b: Service): boolean {
  const profiles = b.profiles ?? [];
  return profiles.length === 0 || ((a.profiles ?? []).length > 0 && (a.profiles ?? []).every((profile) => profiles.includes(profile)));
}

function checkProfiles(context: RuleContext, project: Project): void {
  const all = new Map(allServices(project).map((service) => [service.name, service]));
  for (const service of all.values()) {
    for (const [name, { required }] of Object.entries(service.depends_on ?? {})) {
      const other = all.get(name);
      if (!required || !other || impliedBy(service, other)) continue;
      context.report(`service "${service.name}" needs "${name}", which only the profile ${(other.profiles ?? []).join(' or ')} switches on`, {
        path: ['services', service.name, 'depends_on', name],
        related: [{ message: 'its profiles are here', path: ['services', name, 'profiles'] }],
        hint: `give "${service.name}" the same profiles, or write "required: false"`,
      });
    }
  }
}

export const dependencyRules: readonly Rule[] = [
  {
    id: 'healthcheck.missing',
    level: 'warning',
    summary: 'a service waits for the health of one that has no health check',
    why: 'Without a health check in the file, or one that the image brings, the wait fails. A check that is switched off is an error.',
    project: checkHealth,
  },
  {
    id: 'dependency.profile',
    level: 'warning',
    summary: 'a service needs one that its own profiles do not switch on',
    why: 'Switching on the profile of the one and not of the other is then an error.',
    project: checkProfiles,
  },
];
