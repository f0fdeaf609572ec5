import { EngineError } from '../../base/index.ts';
import type { ContainerConfig, ImagesApi } from '../../engine-api/index.ts';
import type { ApplyChanges, ImageConfigFile, ImagesRoom, LayerDescriptor } from '../parts.ts';
import { announce, type Containers } from './context.ts';
import { mergeImageConfig } from './merge-image.ts';
import { pauseContainer, unpauseContainer } from './lifecycle.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ia32: '386' };

/**
 * Makes an image of a container's writable layer. The container is frozen meanwhile unless asked otherwise.
 * @throws EngineError notFound, invalid (changes, reference)
 */
export async function commitContainer(
  room: Containers,
  images: ImagesRoom,
  applyChanges: ApplyChanges | undefined,
  query: Parameters<ImagesApi['commit']>[0],
  override: ContainerConfig | undefined,
): Promise<{ Id: string }> {
  const container = room.registry.find(query.container);
  const base = container.record.image === '' ? undefined : await images.resolve(container.record.image);
  const config = commitConfig(container.record.config, override, query.changes ?? [], applyChanges);
  const freeze = (query.pause ?? true) && container.state.status === 'running';
  if (freeze) await pauseContainer(room, container);
  let layer: LayerDescriptor | undefined;
  try {
    layer = await images.writer.commitSnapshot(container.id);
  } finally {
    if (freeze) await unpauseContainer(room, container);
  }
  const created = new Date().toISOString();
  const command = [...(container.record.config.Entrypoint ?? []), ...(container.record.config.Cmd ?? [])].join(' ');
  const layers = (base?.record.layers ?? []).map((l) => ({ ...l, unpackedSize: 0 }));
  const file: ImageConfigFile = {
    architecture: base?.config.architecture ?? ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    created,
    ...(query.author && { author: query.author }),
    ...(query.comment && { comment: query.comment }),
    config,
    container: container.id,
    rootfs: { type: 'layers', diff_ids: [...layers, ...(layer ? [layer] : [])].map((l) => l.diffId) },
    history: [
      ...(base?.config.history ?? []),
      {
        created,
        created_by: command,
        ...(query.author && { author: query.author }),
        ...(query.comment && { comment: query.comment }),
        ...(!layer && { empty_layer: true }),
      },
    ],
  };
  const tags = query.repo ? [`${query.repo}:${query.tag || 'latest'}`] : [];
  const record = await images.writer.createImage(file, [...layers, ...(layer ? [layer] : [])], tags);
  announce(room, container, 'commit', { imageID: record.id, ...(query.comment && { comment: query.comment }) });
  return { Id: record.id };
}

/** The container's settings, without what belongs to that one container, with the request's and the changes on top. */
function commitConfig(
  own: ContainerConfig,
  override: ContainerConfig | undefined,
  changes: readonly string[],
  applyChanges: ApplyChanges | undefined,
): ContainerConfig {
  const { Hostname: _, Domainname: __, Image: ___, AttachStdin: ____, AttachStdout: _____, AttachStderr: ______, MacAddress: _______, ...rest } = own;
  const merged = override ? mergeImageConfig(override, rest) : rest;
  if (changes.length === 0) return merged;
  if (!applyChanges) throw new EngineError('notImplemented', 'this engine was started without a builder');
  return applyChanges(merged, changes);
}
