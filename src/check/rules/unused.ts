/** What is defined and never used. */
import { resolve } from 'node:path';
import type { Project, Service } from '../../compose/index.ts';
import { type MapNode, expanded, expressionsIn, readVariables } from '../../compose/inspect/index.ts';
import { eachScalar, pairsOf, rawServices } from '../raw.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

type Section = 'networks' | 'volumes' | 'secrets' | 'configs';

const USES: Readonly<Record<Section, (service: Service) => readonly (string | undefined)[]>> = {
  networks: (service) => Object.keys(service.networks ?? {}),
  volumes: (service) => (service.volumes ?? []).filter((volume) => volume.type === 'volume').map((volume) => volume.source),
  secrets: (service) => [...(service.secrets ?? []), ...(service.build?.secrets ?? [])].map((mount) => mount.source),
  configs: (service) => [...(service.configs ?? []).map((mount) => mount.source), service.credential_spec?.config],
};

function checkSection(section: Section): NonNullable<Rule['project']> {
  return (context, project) => {
    const defined = context.inspection.root?.get(section);
    if (defined?.kind !== 'map') return;
    const used = new Set(allServices(project).flatMap(USES[section]));
    for (const entry of defined.entries) {
      if (used.has(entry.key) || (section === 'networks' && entry.key === 'default') || entry.key.startsWith('x-')) continue;
      context.report(`${section.slice(0, -1)} "${entry.key}" is not used by any service`, { place: entry, path: [section, entry.key], hint: 'remove it, or give it to a service' });
    }
  };
}

function checkProfiles(context: RuleContext, project: Project): void {
  const known = new Set(allServices(project).flatMap((service) => service.profiles ?? []));
  for (const profile of project.profiles) {
    if (profile === '*' || known.has(profile)) continue;
    const hint = known.size === 0 ? 'no service has a profile' : `profiles of the project: ${[...known].sort().join(', ')}`;
    context.report(`the active profile "${profile}" switches nothing on`, { place: context.inspection.variables.get('COMPOSE_PROFILES')?.place, hint });
  }
}

/** Names that something refers to: expressions, keys without values, and variables as sources of secrets and configs. */
function usedVariables(context: RuleContext): Set<string> {
  const { files, envFiles, serviceFiles } = context.inspection;
  const used = new Set<string>();
  const add = (text: string) => expressionsIn(text).forEach(({ name }) => used.add(name));
  for (const { documents } of files) {
    for (const document of documents) {
      eachScalar(document, (scalar) => add(scalar.text));
      addSources(document, used);
    }
  }
  for (const source of [...envFiles, ...serviceFiles]) add(source.text);
  for (const { node } of rawServices(context.inspection)) {
    const build = node.get('build');
    const args = build?.kind === 'map' ? pairsOf(build.get('args')) : [];
    for (const { key, value } of [...pairsOf(node.get('environment')), ...args]) if (value === undefined) used.add(key);
  }
  return used;
}

function addSources(document: MapNode, used: Set<string>): void {
  for (const section of ['secrets', 'configs']) {
    const objects = document.get(section);
    for (const { value } of objects?.kind === 'map' ? objects.entries : []) {
      const name = value.kind === 'map' ? value.get('environment') : undefined;
      if (name?.kind === 'scalar') used.add(name.text);
    }
  }
}

/** Variables that the tool itself, or the engine's client, looks at. */
const KNOWN = /^(COMPOSE|DOCKER|BUILDKIT|BUILDX|TSCOMPOSE)_/;

function checkVariables(context: RuleContext): void {
  const { envFiles, files } = context.inspection;
  if (files.length === 0) return;
  const used = usedVariables(context);
  const given = givenToServices(context);
  const ofIncludes = new Map(files.flatMap((file) => file.envFiles.map((source) => [source.path, source] as const)));
  for (const source of [...envFiles, ...ofIncludes.values()]) {
    if (given.has(source.path)) continue;
    for (const [name, { place }] of readVariables(source, undefined, () => undefined)) {
      if (used.has(name) || KNOWN.test(name)) continue;
      context.report(`variable ${name} is not used in any file of the project`, { place, hint: 'variables of .env reach containers only through "environment:" or "env_file:"' });
    }
  }
}

/** Absolute paths of env files that services name: everything in them is used. */
function givenToServices(context: RuleContext): Set<string> {
  const paths = new Set<string>();
  for (const { documents, directory } of context.inspection.files) {
    for (const document of documents) {
      eachScalar(document, (scalar, path) => {
        if (path[0] === 'services' && path[2] === 'env_file') paths.add(resolve(directory, expanded(scalar.text, context.inspection.variables) ?? scalar.text));
      });
    }
  }
  return paths;
}

const unused = (what: string, id: string, section: Section): Rule => ({
  id,
  level: 'warning',
  summary: `a ${what} is defined that no service uses`,
  why: 'It is not created. Often a name was mistyped or the last user was removed. Services that profiles switch off count as users.',
  project: checkSection(section),
});

export const unusedRules: readonly Rule[] = [
  unused('network', 'unused.network', 'networks'),
  unused('volume', 'unused.volume', 'volumes'),
  unused('secret', 'unused.secret', 'secrets'),
  unused('config', 'unused.config', 'configs'),
  {
    id: 'unused.profile',
    level: 'warning',
    summary: 'an active profile that no service has',
    why: 'It switches nothing on; its name may be mistyped.',
    project: checkProfiles,
  },
  {
    id: 'unused.variable',
    level: 'warning',
    summary: 'a variable of .env that nothing refers to',
    why: 'Variables of .env serve interpolation; containers see them only through "environment:" or "env_file:". COMPOSE_ and DOCKER_ variables are left out.',
    files: checkVariables,
  },
];
