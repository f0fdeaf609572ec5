/** `GET /images/{name}/json` and `…/history`. */
import type { ContainerConfig, ImageHistoryItem, ImageInspect } from '../../engine-api/index.ts';
import type { StoredImage } from './image-index.ts';
import { familiar } from './reference.ts';
import { readConfig, type Store } from './store.ts';

const NO_TIME = '0001-01-01T00:00:00Z';

/** What dockerd shows for a config field that the image does not set. */
const EMPTY_CONFIG: ContainerConfig = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
};

export function inspectImage(store: Store, image: StoredImage): ImageInspect {
  const { record } = image;
  const config = readConfig(store, record.id);
  const tagTimes = Object.values(image.taggedAt).sort();
  return {
    Id: record.id,
    RepoTags: record.tags.map(familiar),
    RepoDigests: record.repoDigests.map(familiar),
    Parent: image.parent ?? '',
    Comment: config.comment || (config.history?.at(-1)?.comment ?? ''),
    Created: config.created ?? NO_TIME,
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    // dockerd shows `Labels: null` for a config without labels; the type has no null for it
    Config: { ...EMPTY_CONFIG, Labels: null as never, ...config.config },
    Architecture: config.architecture ?? '',
    ...(config.variant !== undefined && config.variant !== '' && { Variant: config.variant }),
    Os: config.os ?? '',
    Size: record.size,
    GraphDriver: { Name: 'overlay2', Data: graphData(store, image) },
    RootFS: { Type: 'layers', Layers: record.layers.map((layer) => layer.diffId) },
    Metadata: { LastTagTime: tagTimes.at(-1) ?? NO_TIME },
  };
}

function graphData(store: Store, image: StoredImage): Record<string, string> {
  const [top, ...lower] = image.record.layers.map((layer) => store.layers.directory(layer.diffId)).reverse();
  return { ...(lower.length > 0 && { LowerDir: lower.join(':') }), ...(top !== undefined && { UpperDir: top }) };
}

/** Newest step first. Steps that made no layer have size 0. */
export function imageHistory(store: Store, image: StoredImage): ImageHistoryItem[] {
  const { record } = image;
  let layer = 0;
  const items = (readConfig(store, record.id).history ?? []).map((step): ImageHistoryItem => {
    const diffId = step.empty_layer === true ? undefined : record.layers[layer++]?.diffId;
    return {
      Id: '<missing>',
      Created: Math.floor((Date.parse(step.created ?? NO_TIME) || 0) / 1000),
      CreatedBy: step.created_by ?? '',
      Tags: null,
      Size: diffId === undefined ? 0 : (store.layers.get(diffId)?.unpackedSize ?? 0),
      Comment: step.comment ?? '',
    };
  });
  items.reverse();
  const newest = items[0];
  if (newest) {
    newest.Id = record.id;
    newest.Tags = record.tags.length > 0 ? record.tags.map(familiar) : null;
  }
  return items;
}
