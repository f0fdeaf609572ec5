import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { EngineError } from '../../base/index.ts';
import type { ContainerConfig, HostConfig, Mount } from '../../engine-api/index.ts';
import type { MountRecord } from './record.ts';

const invalid = (message: string): EngineError => new EngineError('invalid', message);
const PROPAGATION = /^r?(shared|slave|private)$/;
/** `z` and `Z` relabel for SELinux, the others are hints for Docker Desktop: accepted without effect. */
const IGNORED_MODES = new Set(['z', 'Z', 'cached', 'delegated', 'consistent', 'default']);
const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** A mount as asked for: volumes without a name get one when they are made. */
export type WantedMount = Omit<MountRecord, 'source'> & { readonly source: string; readonly labels?: Record<string, string>; readonly driverOpts?: Record<string, string> };

/**
 * Everything that a request mounts, in order of precedence as dockerd applies it: `Volumes` (also the image's) give way to all others.
 * @param inherited  mounts of the containers in `VolumesFrom`
 * @throws EngineError invalid: malformed, relative, doubled
 */
export function wantedMounts(config: ContainerConfig, host: HostConfig, inherited: readonly MountRecord[]): WantedMount[] {
  const own: WantedMount[] = [
    ...(host.Binds ?? []).map((bind) => parseBind(bind, host.VolumeDriver)),
    ...(host.Mounts ?? []).map(parseMount),
    ...Object.entries(host.Tmpfs ?? {}).map(([destination, options]) => parseTmpfs(destination, options)),
  ];
  const taken = new Set<string>();
  for (const { destination } of own) {
    if (taken.has(destination)) throw invalid(`Duplicate mount point: ${destination}`);
    taken.add(destination);
  }
  const from = inherited.filter((mount) => !taken.has(mount.destination));
  for (const { destination } of from) taken.add(destination);
  const anonymous = Object.keys(config.Volumes ?? {})
    .map((volume) => parseBind(volume, host.VolumeDriver))
    .filter((mount) => !taken.has(mount.destination));
  return [...from, ...own, ...anonymous];
}

/** `source:target[:mode]`, or a target alone for an anonymous volume. */
export function parseBind(text: string, driver?: string): WantedMount {
  const parts = text.split(':');
  const [first = '', second, mode = ''] = parts;
  if (parts.length > 3 || parts.some((part, i) => part === '' && i < 2)) throw invalid(`invalid volume specification: '${text}'`);
  if (second === undefined) return anonymousVolume(cleanTarget(first, text), driver);
  const options = parseMode(mode, first.startsWith('/'));
  const destination = cleanTarget(second, text);
  const common = { destination, readonly: options.readonly, mode, propagation: options.propagation };
  if (first.startsWith('/')) {
    return { ...common, type: 'bind', source: posix.normalize(first), propagation: options.propagation || 'rprivate', createSource: true };
  }
  checkVolumeName(first);
  return { ...common, type: 'volume', source: first, mode: mode || 'z', propagation: '', copy: options.copy, driver: driver || 'local' };
}

function anonymousVolume(destination: string, driver: string | undefined): WantedMount {
  return { type: 'volume', destination, source: '', readonly: false, mode: '', propagation: '', copy: true, anonymous: true, driver: driver || 'local' };
}

function checkVolumeName(name: string): void {
  if (VOLUME_NAME.test(name)) return;
  throw invalid(
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

function parseMode(mode: string, isBind: boolean): { readonly: boolean; propagation: string; copy: boolean } {
  const result = { readonly: false, propagation: '', copy: true };
  for (const word of mode.split(',').filter(Boolean)) {
    if (word === 'ro') result.readonly = true;
    else if (word === 'rw' || IGNORED_MODES.has(word)) continue;
    else if (word === 'nocopy' && !isBind) result.copy = false;
    else if (PROPAGATION.test(word) && isBind) result.propagation = word;
    else throw invalid(`invalid mode: ${mode}`);
  }
  return result;
}

function cleanTarget(target: string, whole: string): string {
  if (!target.startsWith('/')) throw invalid(`invalid volume specification: '${whole}': invalid mount path: '${target}' mount path must be absolute`);
  const clean = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (clean === '/') throw invalid(`invalid volume specification: '${whole}': invalid specification: destination can't be '/'`);
  if (clean.includes('\0')) throw invalid('invalid mount path');
  return clean;
}

function mountError(type: string, message: string): EngineError {
  return invalid(`invalid mount config for type "${type}": ${message}`);
}

/** The long form. */
export function parseMount(mount: Mount): WantedMount {
  const { Type: type, Target = '', Source = '', ReadOnly = false } = mount;
  if (Target === '') throw mountError(type, 'field Target must not be empty');
  if (!Target.startsWith('/')) throw mountError(type, `invalid mount path: '${Target}' mount path must be absolute`);
  const destination = posix.normalize(Target).replace(/(.)\/$/, '$1');
  if (destination === '/') throw mountError(type, "invalid specification: destination can't be '/'");
  const common = { destination, readonly: ReadOnly, mode: ReadOnly ? 'ro' : '', propagation: '' };
  switch (type) {
    case 'bind':
      return bindMount(mount, Source, common);
    case 'volume':
      return volumeMount(mount, Source, common);
    case 'tmpfs':
      if (Source !== '') throw mountError(type, 'field Source must not be specified');
      return { ...common, type, source: '', options: tmpfsOptions(mount) };
    case 'image':
      if (Source === '') throw mountError(type, 'field Source must not be empty');
      return { ...common, type, source: Source, ...subpath(mount.ImageOptions?.Subpath) };
    default:
      throw new EngineError('invalid', `invalid mount config for type "${String(type)}": mount type unknown: "${String(type)}"`);
  }
}

type Common = Pick<MountRecord, 'destination' | 'readonly' | 'mode' | 'propagation'>;

function bindMount(mount: Mount, source: string, common: Common): WantedMount {
  const options = mount.BindOptions ?? {};
  if (source === '') throw mountError('bind', 'field Source must not be empty');
  if (!source.startsWith('/')) throw mountError('bind', `invalid mount path: '${source}' mount path must be absolute`);
  if (options.Propagation && !PROPAGATION.test(options.Propagation)) throw mountError('bind', `invalid propagation mode: ${options.Propagation}`);
  if (!options.CreateMountpoint && statSync(source, { throwIfNoEntry: false }) === undefined) {
    throw mountError('bind', `bind source path does not exist: ${source}`);
  }
  return {
    ...common,
    type: 'bind',
    source: posix.normalize(source),
    propagation: options.Propagation || 'rprivate',
    createSource: options.CreateMountpoint ?? false,
    nonRecursive: options.NonRecursive ?? false,
  };
}

function volumeMount(mount: Mount, source: string, common: Common): WantedMount {
  const options = mount.VolumeOptions ?? {};
  if (source !== '') checkVolumeName(source);
  const driver = options.DriverConfig?.Name || 'local';
  return {
    ...common,
    type: 'volume',
    source,
    mode: 'z',
    copy: !options.NoCopy,
    driver,
    ...(source === '' && { anonymous: true }),
    ...(options.Labels && { labels: options.Labels }),
    ...(options.DriverConfig?.Options && { driverOpts: options.DriverConfig.Options }),
    ...subpath(options.Subpath),
  };
}

function subpath(path: string | undefined): { subpath?: string } {
  if (!path) return {};
  if (path.startsWith('/') || path.split('/').includes('..')) throw invalid('subpath must be a relative path within the volume');
  return { subpath: posix.normalize(path) };
}

function tmpfsOptions(mount: Mount): string[] {
  const { SizeBytes = 0, Mode = 0, Options = [] } = mount.TmpfsOptions ?? {};
  return [
    'noexec', 'nosuid', 'nodev',
    ...(SizeBytes > 0 ? [`size=${SizeBytes}`] : []),
    `mode=${(Mode || 0o1777).toString(8)}`,
    ...Options.map(([key = '', value]) => (value === undefined ? key : `${key}=${value}`)),
    ...(mount.ReadOnly ? ['ro'] : []),
  ];
}

const TMPFS_FLAGS = new Set(['rw', 'ro', 'exec', 'noexec', 'suid', 'nosuid', 'dev', 'nodev', 'sync', 'async', 'atime', 'noatime', 'diratime', 'nodiratime', 'relatime', 'norelatime', 'strictatime', 'nostrictatime', 'mand', 'nomand', 'bind', 'rbind', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'remount', 'defaults', 'silent']);
const TMPFS_DATA = /^(size|mode|uid|gid|nr_inodes|nr_blocks|mpol)=/;

function parseTmpfs(target: string, options: string): WantedMount {
  const destination = cleanTarget(target, target);
  const given = options.split(',').filter(Boolean);
  for (const option of given) {
    if (!TMPFS_FLAGS.has(option) && !TMPFS_DATA.test(option)) throw invalid(`invalid tmpfs option ["${option}"]`);
  }
  const negated = new Set(given.map((option) => `no${option}`));
  const defaults = ['noexec', 'nosuid', 'nodev'].filter((option) => !negated.has(option));
  return { type: 'tmpfs', destination, source: '', readonly: given.includes('ro'), mode: options, propagation: '', options: [...defaults, ...given.filter((o) => o !== 'defaults')] };
}
