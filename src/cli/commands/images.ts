/** `images`: what containers were made from. */
import { ExitCode, isEngineError, UserError } from '../../base/index.ts';
import { formatBytes } from '../../base/index.ts';
import { observe, type ObservedContainer } from '../../controller/index.ts';
import type { Engine, ImageInspect } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { projectOrName } from '../project.ts';
import { formatListing } from '../render/format.ts';
import { humanDuration } from '../render/human.ts';
import { checkServices } from './ps.ts';

interface ImageRow {
  readonly id: string;
  readonly container: string;
  readonly repository: string;
  readonly tag: string;
  readonly platform: string;
  readonly size: number;
  readonly created: string;
}

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const format = input.value('format');
  if (format !== undefined && format !== 'table' && format !== 'json') {
    throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'table or json' });
  }
  const target = await projectOrName(cli, { services: input.args });
  const rows = await withEngine(cli, async ({ engine }) => {
    const { containers } = await observe({ engine }, { project: target.name });
    checkServices(target, input.args, containers);
    const wanted = containers.filter((c) => !c.oneOff && (input.args.length === 0 || input.args.includes(c.service)));
    return rowsOf(engine, wanted);
  });
  if (input.flag('quiet')) {
    await cli.stdout.write([...new Set(rows.map((row) => row.id))].map((id) => `${id.replace(/^sha256:/, '')}\n`).join(''));
    return ExitCode.ok;
  }
  await cli.stdout.write(
    formatListing(format, rows, {
      columns: [
        { title: 'CONTAINER', value: (row) => row.container },
        { title: 'REPOSITORY', value: (row) => row.repository, shrinksTo: 12 },
        { title: 'TAG', value: (row) => row.tag, shrinksTo: 8 },
        { title: 'PLATFORM', value: (row) => row.platform },
        { title: 'IMAGE ID', value: (row) => row.id.replace(/^sha256:/, '').slice(0, 12) },
        { title: 'SIZE', value: (row) => formatBytes(row.size) },
        { title: 'CREATED', value: (row) => (row.created === '' ? '' : `${humanDuration((Date.now() - Date.parse(row.created)) / 1000)} ago`) },
      ],
      fields: (row) => ({ ID: row.id, ContainerName: row.container, Repository: row.repository, Tag: row.tag, Platform: row.platform, Size: row.size, Created: row.created }),
      json: 'array',
      width: cli.stdout.width(),
    }),
  );
  return ExitCode.ok;
}

async function rowsOf(engine: Engine, containers: readonly ObservedContainer[]): Promise<ImageRow[]> {
  const images = new Map<string, Promise<ImageInspect | undefined>>();
  for (const { imageId } of containers) if (!images.has(imageId)) images.set(imageId, inspect(engine, imageId));
  return Promise.all(
    containers.map(async (c) => {
      const image = await images.get(c.imageId);
      const { repository, tag } = splitReference(image?.RepoTags.find((name) => name === c.image) ?? image?.RepoTags[0] ?? c.image);
      const platform = image ? [image.Os, image.Architecture, image.Variant].filter(Boolean).join('/') : '';
      return { id: c.imageId, container: c.name, repository, tag, platform, size: image?.Size ?? 0, created: image?.Created ?? '' };
    }),
  );
}

async function inspect(engine: Engine, id: string): Promise<ImageInspect | undefined> {
  try {
    return await engine.images.inspect(id);
  } catch (error) {
    if (isEngineError(error, 'notFound')) return undefined;
    throw error;
  }
}

function splitReference(reference: string): { repository: string; tag: string } {
  const plain = reference.replace(/@sha256:.*$/, '');
  if (plain.startsWith('sha256:')) return { repository: '<none>', tag: '<none>' };
  const [, repository = plain, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/.exec(plain) ?? [];
  return { repository, tag };
}
