import type { Cli } from '../context.ts';
import type { CommandInput } from '../input.ts';
export async function run(_cli: Cli, _input: CommandInput): Promise<number> { return 1; }
