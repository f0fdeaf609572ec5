/** `schema`: the JSON schema of Compose files, for editors and other tools. */
import { join } from 'node:path';
import { ExitCode, UserError, readTextIfExists } from '../../base/index.ts';
import type { Cli } from '../context.ts';

export async function run(cli: Cli): Promise<number> {
  await cli.stdout.write(schemaText(cli.home));
  return ExitCode.ok;
}

/** The file lies beside the folder of the bundles, and two folders above this one's sources. */
function schemaText(home: string): string {
  for (const up of ['..', '../..']) {
    const text = readTextIfExists(join(home, up, 'schema/compose.schema.json'));
    if (text !== undefined) return text;
  }
  throw new UserError('the schema is not installed', { code: 'schema.missing', hint: 'it is schema/compose.schema.json of the package' });
}
