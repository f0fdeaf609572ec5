/** Every rule there is. */
import type { Rule } from './rule.ts';
import { dependencyRules } from './rules/dependencies.ts';
import { environmentRules } from './rules/environment.ts';
import { imageRules } from './rules/images.ts';
import { mountRules } from './rules/mounts.ts';
import { portRules } from './rules/ports.ts';
import { securityRules } from './rules/security.ts';
import { serviceRules } from './rules/services.ts';
import { unusedRules } from './rules/unused.ts';
import { yamlRules } from './rules/yaml-surprises.ts';

/** Warnings that come from the loader; its errors have codes too, but cannot be switched off. */
const loaderRules: readonly Rule[] = [
  {
    id: 'version.obsolete',
    level: 'warning',
    fixable: true,
    summary: 'the attribute "version"',
    why: 'It has meant nothing since the Compose specification replaced numbered formats.',
  },
  {
    id: 'interpolation.unset',
    level: 'warning',
    summary: 'a variable that is not set and has no default',
    why: 'An empty text takes its place. Set it, or write `${NAME:-default}` or `${NAME:?message}`.',
  },
  { id: 'external.name', level: 'warning', summary: 'the old form external.name', why: 'Write `name:` beside `external: true`.' },
  { id: 'include.empty', level: 'warning', summary: 'an include without a path', why: 'It includes nothing. Give it a path, or remove it.' },
  { id: 'file.ambiguous', level: 'warning', summary: 'several files in a folder could be the Compose file', why: 'Only one is read. Name it with -f, or remove the others.' },
  {
    id: 'schema.unknownKey',
    level: 'error',
    fixable: true,
    summary: 'an attribute that the specification does not know',
    why: 'It is an error, which cannot be switched off (a warning inside `include` and `external`). --fix renames it when exactly one known name is close and not taken.',
  },
  {
    id: 'graph.cycle',
    level: 'error',
    summary: 'services depend on each other in a circle',
    why: 'None of them could start first. It is an error, which cannot be switched off.',
  },
];

export const RULES: readonly Rule[] = [
  ...loaderRules,
  ...dependencyRules,
  ...portRules,
  ...imageRules,
  ...environmentRules,
  ...yamlRules,
  ...mountRules,
  ...unusedRules,
  ...serviceRules,
  ...securityRules,
  {
    id: 'check.settings',
    level: 'warning',
    summary: 'the settings of this check, or a comment for it, name something unknown',
    why: 'A mistyped rule id switches nothing off.',
  },
];
