/** `images`: what containers were made from. */
import { ExitCode, formatBytes, humanDuration, UserError } from '../../base/index.ts';
import { images, type ListedImage } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { formatListing } from '../render/format.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const format = input.value('format');
  if (format !== undefined && format !== 'table' && format !== 'json') {
    throw new UserError(`unsupported format "${format}"`, { code: 'usage.value', hint: 'table or json' });
  }
  const target = await projectOrName(cli, { services: input.args });
  const found = await withEngine(cli, ({ engine }) => images(namedContext({ engine }, target), { services: input.args }));
  const rows = found.map(rowOf);
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
        { title: 'IMAGE ID', value: (row) => row.id.replace(/^sha256:/, '').slice(0, 12) },
        { title: 'SIZE', value: (row) => formatBytes(row.size) },
        { title: 'CREATED', value: (row) => (row.created === 0 ? '' : `${humanDuration(Date.now() - row.created * 1000)} ago`) },
      ],
      fields: (row) => ({ ID: row.id, ContainerName: row.container, Repository: row.repository, Tag: row.tag, Size: row.size }),
      json: 'array',
      width: cli.stdout.width(),
    }),
  );
  return ExitCode.ok;
}

interface ImageRow {
  readonly id: string;
  readonly container: string;
  readonly repository: string;
  readonly tag: string;
  /** Bytes. */
  readonly size: number;
  /** Unix seconds; 0 when the engine no longer has the image. */
  readonly created: number;
}

function rowOf({ container, reference, image }: ListedImage): ImageRow {
  const tags = image?.RepoTags ?? [];
  const { repository, tag } = splitReference(tags.find((name) => name === reference) ?? tags[0] ?? reference);
  return { id: image?.Id ?? '', container, repository, tag, size: image?.Size ?? 0, created: image?.Created ?? 0 };
}

function splitReference(reference: string): { repository: string; tag: string } {
  const plain = reference.replace(/@sha256:.*$/, '');
  if (plain.startsWith('sha256:')) return { repository: '<none>', tag: '<none>' };
  const [, repository = plain, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/.exec(plain) ?? [];
  return { repository, tag };
}
