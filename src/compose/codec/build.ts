import type { Build, Develop, FileMount, Hook, InitHook, WatchRule } from '../project.ts';
import type { Codec, Plain } from './codec.ts';
import { command, environment, labels, list, mapOf, stringOrList, strings } from './collections.ts';
import { object } from './object.ts';
import { explicitInteger, flag, size, text } from './scalars.ts';
import { hosts, sshKeys, ulimit } from './values.ts';

/** A config or secret in use. */
export const fileMount = object<FileMount>({ source: text, target: text, uid: text, gid: text, mode: explicitInteger });

/** `true` is the text "true": what follows may be `mode=max` as well. */
const attestation: Codec<string> = {
  decode: (node, context) => (node.kind === 'scalar' && node.type === 'bool' ? node.text : text.decode(node, context)),
  print: (value) => value,
};

export const build = object<Build>({
  context: text,
  dockerfile: text,
  dockerfile_inline: text,
  entitlements: strings,
  args: environment,
  ssh: sshKeys,
  labels,
  cache_from: stringOrList,
  cache_to: stringOrList,
  no_cache: flag,
  no_cache_filter: stringOrList,
  additional_contexts: labels,
  pull: flag,
  extra_hosts: hosts,
  isolation: text,
  network: text,
  target: text,
  secrets: list(fileMount),
  shm_size: size,
  tags: stringOrList,
  ulimits: mapOf(ulimit),
  platforms: stringOrList,
  privileged: flag,
  provenance: attestation,
  sbom: attestation,
});

const hookCommand: Codec<readonly string[]> = {
  decode: (node, context) => command.decode(node, context) ?? [],
  print: (value) => [...value],
};

const hookFields = { command: hookCommand, user: text, privileged: flag, working_dir: text, environment };

export const hook: Codec<Hook> = object<Hook>(hookFields);
export const initHook: Codec<InitHook> = object<InitHook>({ ...hookFields, image: text, per_replica: flag });

/** Docker Compose prints an empty `exec` in JSON when there is none. */
const watchFields = object<WatchRule>({
  path: { decode: text.decode, print: (value) => value },
  action: { decode: text.decode as Codec<WatchRule['action']>['decode'], print: (value) => value },
  target: text,
  exec: hook,
  ignore: stringOrList,
  include: stringOrList,
  initial_sync: flag,
});
const watchRule: Codec<WatchRule> = {
  decode: watchFields.decode,
  print(value, printing) {
    const printed = watchFields.print(value, printing);
    if (printing.format === 'yaml' || value.exec) return printed;
    return { ...(printed as Readonly<Record<string, Plain>>), exec: { command: null } };
  },
};

const developFields = object<Develop>({ watch: list(watchRule) });
export const develop: Codec<Develop> = {
  decode(node, context) {
    const value = developFields.decode(node, context);
    return value && { ...value, watch: value.watch ?? [] };
  },
  print: developFields.print,
};
