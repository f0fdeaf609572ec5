/** Images and builds. */
import { join } from 'node:path';
import type { Project } from '../../compose/index.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

/** The tag of a reference, '' when it has none, undefined when a digest pins it. */
function tagOf(image: string): string | undefined {
  if (image.includes('@')) return undefined;
  const name = image.slice(image.lastIndexOf('/') + 1);
  const colon = name.indexOf(':');
  return colon < 0 ? '' : name.slice(colon + 1);
}

function checkTags(context: RuleContext, project: Project, wanted: string): void {
  for (const { name, image, build } of allServices(project)) {
    if (!image || build || tagOf(image) !== wanted) continue;
    const message = wanted === '' ? `image "${image}" has no tag, which means "latest"` : `image "${image}" is whatever is newest when it is pulled`;
    context.report(message, { path: ['services', name, 'image'], hint: 'name a version, or pin a digest with "tscompose config --lock-image-digests"' });
  }
}

function checkBuild(context: RuleContext, project: Project): void {
  for (const { name, build } of allServices(project)) {
    const directory = build?.context;
    if (!build || !directory?.startsWith('/')) continue;
    if (context.kindOf(directory) !== 'directory') {
      context.report(`build context ${directory} does not exist`, { path: ['services', name, 'build', 'context'], hint: 'it is relative to the project directory' });
      continue;
    }
    const { dockerfile } = build;
    if (dockerfile === undefined || build.dockerfile_inline !== undefined) continue;
    const path = dockerfile.startsWith('/') ? dockerfile : join(directory, dockerfile);
    if (context.kindOf(path) === undefined) {
      context.report(`Dockerfile ${path} does not exist`, { path: ['services', name, 'build', 'dockerfile'], hint: 'it is relative to the build context' });
    }
  }
}

export const imageRules: readonly Rule[] = [
  {
    id: 'image.untagged',
    level: 'warning',
    summary: 'an image has no tag',
    why: 'No tag means "latest", which is another image on every machine and every day.',
    project: (context, project) => checkTags(context, project, ''),
  },
  {
    id: 'image.latest',
    level: 'warning',
    summary: 'an image has the tag "latest"',
    why: '"latest" is another image on every machine and every day. A version, or better a digest, is the same everywhere.',
    project: (context, project) => checkTags(context, project, 'latest'),
  },
  {
    id: 'build.missing',
    level: 'warning',
    summary: 'a build context or a Dockerfile does not exist',
    why: 'The build would fail. Paths of the context are relative to the project directory, that of the Dockerfile to the context.',
    project: checkBuild,
  },
];
