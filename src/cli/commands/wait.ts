/** `wait`: until containers of services stop. The exit code is that of the container that stopped last. */
import { ExitCode, UserError } from '../../base/index.ts';
import { down, observe } from '../../controller/index.ts';
import { withEngine } from '../connection.ts';
import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { namedContext } from '../named-context.ts';
import { projectOrName, type Target } from '../project.ts';
import { withVerb } from '../verb.ts';

export async function run(cli: Cli, input: CommandInput): Promise<number> {
  const target = await projectOrName(cli, { services: input.args });
  const code = await waitFor(cli, target, input.args, input.flag('down-project'));
  if (input.flag('down-project')) await withVerb(cli, {}, (context) => down(namedContext(context, target), { removeOrphans: false }));
  return code;
}

/** @param first  return when the first one stops */
function waitFor(cli: Cli, target: Target, services: readonly string[], first: boolean): Promise<number> {
  return withEngine(cli, async ({ engine }) => {
    const { containers } = await observe({ engine }, { project: target.name });
    const wanted = containers.filter((c) => services.includes(c.service) && !c.oneOff);
    if (wanted.length === 0) throw new UserError(`no containers for project "${target.name}"`, { code: 'service.noContainer' });
    let code: number = ExitCode.ok;
    const waits = wanted.map(async (c) => {
      const { exit } = await engine.containers.wait(c.id, { condition: 'not-running' });
      code = (await exit).StatusCode;
      await cli.stdout.write(`container "${c.name}" exited with status code ${code}\n`);
    });
    await (first ? Promise.race(waits) : Promise.all(waits));
    return code;
  });
}
