import type { CommandSpec } from './command-spec.ts';
import { changeCommands } from './table/change.ts';
import { lookCommands } from './table/look.ts';
import { projectCommands } from './table/project.ts';
import { runCommands } from './table/run.ts';

/** Every command, in the order in which help shows them. */
export const COMMANDS: readonly CommandSpec[] = [...runCommands, ...lookCommands, ...changeCommands, ...projectCommands];
