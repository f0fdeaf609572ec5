/** Volumes, binds and tmpfs of a service as the engine takes them. */
import type { Project, Service, VolumeMount } from '../compose/index.ts';
import type { HostConfig, Mount } from '../engine-api/index.ts';
import type { ObservedContainer, ObservedImage } from './observed-state.ts';

/** The container that is replaced: its anonymous volumes go on in the new one. */
export interface Inherited {
  readonly mounts: ObservedContainer['mounts'];
  /** Paths that the image declares as volumes. */
  readonly imageVolumes: ObservedImage['volumes'];
}

/**
 * Binds whose host path may be created go into `Binds`, as docker compose does; everything else into `Mounts`.
 * Mounts that would not survive the colon-separated form stay in `Mounts`, where the engine can be told to create the path too.
 * @param extra.files  read-only binds of configs and secrets; a volume at the same target wins
 */
export function volumeRequests(
  project: Project,
  service: Service,
  extra: { readonly inherited?: Inherited; readonly files: readonly Mount[] },
): Pick<HostConfig, 'Binds' | 'Mounts'> {
  const binds: string[] = [];
  const mounts = new Map<string, Mount>();
  const taken = new Set<string>();
  for (const volume of service.volumes ?? []) {
    const target = cleanPath(volume.target);
    taken.add(target);
    const carried = volume.type === 'volume' && volume.source === undefined ? carriedOver(extra.inherited, target) : undefined;
    const bind = asBind(volume, target);
    if (bind !== undefined) binds.push(bind);
    else mounts.set(target, carried ?? mountRequest(project, volume, target));
  }
  for (const target of extra.inherited?.imageVolumes ?? []) {
    const clean = cleanPath(target);
    const carried = taken.has(clean) ? undefined : carriedOver(extra.inherited, clean);
    if (carried) mounts.set(clean, carried);
  }
  for (const mount of extra.files) if (!taken.has(cleanPath(mount.Target)) && !mounts.has(mount.Target)) mounts.set(mount.Target, mount);
  return { ...(binds.length > 0 && { Binds: binds }), ...(mounts.size > 0 && { Mounts: [...mounts.values()] }) };
}

/** `SOURCE:TARGET:rw,z,rshared`, or undefined when that form cannot say it. */
function asBind(volume: VolumeMount, target: string): string | undefined {
  if (volume.type !== 'bind' || volume.source === undefined || !volume.bind?.create_host_path) return undefined;
  if (volume.source.includes(':') || target.includes(':') || (volume.bind.recursive ?? '') !== '') return undefined;
  const options = [volume.read_only ? 'ro' : 'rw', volume.bind.selinux, volume.bind.propagation].filter((option) => option);
  return `${volume.source}:${target}:${options.join(',')}`;
}

function mountRequest(project: Project, volume: VolumeMount, target: string): Mount {
  const mount: Mount = { Type: volume.type, Target: target };
  const source = volume.type === 'volume' && volume.source !== undefined ? (project.volumes[volume.source]?.name ?? volume.source) : volume.source;
  if (source !== undefined) mount.Source = source;
  if (volume.read_only) mount.ReadOnly = true;
  if (volume.consistency !== undefined) mount.Consistency = volume.consistency;
  if (volume.type === 'bind' && volume.bind) mount.BindOptions = bindOptions(volume);
  if (volume.type === 'volume' && volume.volume) {
    const { nocopy, subpath, labels } = volume.volume;
    mount.VolumeOptions = { ...(nocopy && { NoCopy: true }), ...(subpath && { Subpath: subpath }), ...(labels && { Labels: { ...labels } }) };
  }
  if (volume.type === 'tmpfs' && volume.tmpfs) {
    const { size, mode } = volume.tmpfs;
    mount.TmpfsOptions = { ...(size && { SizeBytes: size }), ...(mode && { Mode: mode }) };
  }
  if (volume.type === 'image' && volume.image?.subpath) mount.ImageOptions = { Subpath: volume.image.subpath };
  return mount;
}

function bindOptions(volume: VolumeMount): NonNullable<Mount['BindOptions']> {
  const { propagation, create_host_path, recursive } = volume.bind ?? {};
  return {
    ...(propagation && { Propagation: propagation }),
    ...(create_host_path && { CreateMountpoint: true }),
    ...(recursive === 'disabled' && { NonRecursive: true }),
    ...(recursive === 'writable' && { ReadOnlyNonRecursive: true }),
    ...(recursive === 'readonly' && { ReadOnlyForceRecursive: true }),
  };
}

/** The mount that the replaced container has at a target. A tmpfs holds nothing to carry over. */
function carriedOver(inherited: Inherited | undefined, target: string): Mount | undefined {
  const old = inherited?.mounts.find((mount) => cleanPath(mount.Destination) === target);
  if (!old || (old.Type !== 'volume' && old.Type !== 'bind')) return undefined;
  const source = old.Type === 'volume' ? old.Name : old.Source;
  return { Type: old.Type, Target: target, ...(source !== undefined && { Source: source }), ...(!old.RW && { ReadOnly: true }) };
}

/** Without doubled and trailing slashes; `.` and `..` resolved, as Go's `path.Clean` does. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && (parts.length > 0 ? parts.at(-1) !== '..' : path.startsWith('/'))) parts.pop();
    else parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/') || '.';
}
