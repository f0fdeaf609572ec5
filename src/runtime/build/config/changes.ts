import { EngineError } from '../../../base/index.ts';
import type { ApplyChanges } from '../../parts.ts';
import { DockerfileMistake, parseInstructions, type Instruction } from '../dockerfile/index.ts';
import { applyMetadata, isLayerInstruction, joinWorkdir } from './metadata.ts';
import { Variables } from './variables.ts';

const ALLOWED = new Set(['cmd', 'entrypoint', 'env', 'expose', 'healthcheck', 'label', 'onbuild', 'stopsignal', 'user', 'volume', 'workdir']);

/**
 * Applies `--change` options of commit and import, which are Dockerfile instructions.
 * @throws EngineError invalid
 */
export const applyChanges: ApplyChanges = (config, changes) => {
  let result = config;
  let ownCmd = false;
  for (const instruction of parseInstructions(changes.join('\n'), 'change')) {
    if (!ALLOWED.has(instruction.kind)) throw new EngineError('invalid', `${instruction.keyword.toUpperCase()} is not a valid change command`);
    result = applyChange(result, instruction, ownCmd);
    ownCmd ||= instruction.kind === 'cmd';
  }
  return result;
};

function applyChange(config: Parameters<ApplyChanges>[0], instruction: Instruction, ownCmd: boolean): Parameters<ApplyChanges>[0] {
  const variables = new Variables({ buildArgs: new Map(), global: new Map(), escape: '\\' }, config.Env ?? []);
  try {
    if (instruction.kind === 'workdir') return { ...config, WorkingDir: joinWorkdir(config, variables.expand(instruction.value)) };
    if (instruction.kind === 'arg' || isLayerInstruction(instruction)) return config;
    const { ArgsEscaped: _, ...changed } = applyMetadata(config, instruction, variables, ownCmd).config; // only builds say that of a CMD
    return config.ArgsEscaped === undefined ? changed : { ...changed, ArgsEscaped: config.ArgsEscaped };
  } catch (error) {
    if (!(error instanceof DockerfileMistake)) throw error;
    throw new EngineError('invalid', `${instruction.text}: ${error.message}`, { cause: error });
  }
}
