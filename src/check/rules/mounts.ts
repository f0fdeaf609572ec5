/** Files and folders of this machine that the project names. */
import { resolve } from 'node:path';
import type { Project } from '../../compose/index.ts';
import { parseVolume } from '../../compose/inspect/index.ts';
import { rawServices, stringsOf } from '../raw.ts';
import { type Rule, type RuleContext, allServices } from '../rule.ts';

function checkBinds(context: RuleContext, project: Project): void {
  for (const { name, volumes } of allServices(project)) {
    for (const [index, volume] of (volumes ?? []).entries()) {
      if (volume.type !== 'bind' || !volume.source?.startsWith('/') || context.kindOf(volume.source) !== undefined) continue;
      if (/\.sock$|^\/(run|var\/run|dev|proc|sys)\//.test(volume.source)) continue; // comes and goes with the machine
      const creates = volume.bind?.create_host_path ?? true;
      context.report(`${volume.source} does not exist${creates ? ' and will be created as an empty folder' : ''}`, {
        path: ['services', name, 'volumes', index],
        level: creates ? undefined : 'error',
        hint: 'create it, or correct the path: it is relative to the project directory',
      });
    }
  }
}

function checkFiles(context: RuleContext, project: Project): void {
  for (const section of ['secrets', 'configs'] as const) {
    for (const [name, { file }] of Object.entries(project[section])) {
      if (file?.startsWith('/') && context.kindOf(file) === undefined) context.report(`${file} does not exist`, { path: [section, name, 'file'], hint: 'it is relative to the project directory' });
    }
  }
}

function checkNamed(context: RuleContext): void {
  const { directory } = context.inspection;
  if (directory === undefined) return;
  for (const { name, node } of rawServices(context.inspection)) {
    for (const item of stringsOf(node.get('volumes'))) {
      const volume = parseVolume(item.text);
      if ('error' in volume || volume.type !== 'volume' || volume.source === '' || volume.source.includes('$')) continue;
      if (context.kindOf(resolve(directory, volume.source)) !== 'directory') continue;
      context.report(`"${volume.source}" is a named volume here, but there is a folder of that name`, { place: item, path: ['services', name, 'volumes'], hint: `for the folder write "./${volume.source}"` });
    }
  }
}

export const mountRules: readonly Rule[] = [
  {
    id: 'bind.missing',
    level: 'warning',
    summary: 'what a bind mount takes from the host does not exist',
    why: 'The engine creates an empty folder that belongs to root, also where a file was meant. With create_host_path: false it is an error.',
    project: checkBinds,
  },
  {
    id: 'file.missing',
    level: 'warning',
    summary: 'the file of a secret or config does not exist',
    why: 'The container could not start.',
    project: checkFiles,
  },
  {
    id: 'volume.folder',
    level: 'warning',
    summary: 'a named volume has the name of a folder of the project',
    why: '"data:/data" is a volume that the engine keeps; "./data:/data" is the folder.',
    files: checkNamed,
  },
];
