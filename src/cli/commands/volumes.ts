/** `volumes`: the named volumes of a project, or of some of its services. */
import { ExitCode } from '../../base/index.ts';
import { volumes as listVolumes } from '../../controller/index.ts';
import type { VolumeInspect } from '../../engine-api/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName } from '../project.ts';
import { formatListing } from '../render/format.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  const volumes = await withEngine(cli, ({ engine }) => listVolumes(namedContext({ engine }, target), { services: input.args }));
  if (input.flag('quiet')) await cli.stdout.write(volumes.map((volume) => `${volume.Name}\n`).join(''));
  else await cli.stdout.write(table(cli, input.value('format'), volumes));
  return ExitCode.ok;
}

function table(cli: Cli, format: string | undefined, volumes: readonly VolumeInspect[]): string {
  return formatListing(format, volumes, {
    columns: [
      { title: 'DRIVER', value: (volume) => volume.Driver },
      { title: 'VOLUME NAME', value: (volume) => volume.Name },
    ],
    fields: (volume) => ({
      Driver: volume.Driver,
      Labels: Object.entries(volume.Labels ?? {}).sort().map(([key, value]) => `${key}=${value}`).join(','),
      Mountpoint: volume.Mountpoint,
      Name: volume.Name,
      Scope: volume.Scope,
    }),
    headings: { Name: 'VOLUME NAME' },
    width: cli.stdout.width(),
  });
}
