/** Which stages a build needs, and what each of them waits for. */
import { EngineError } from '../../../base/index.ts';
import { Variables, type BuildVariables } from '../config/index.ts';
import { DockerfileMistake, type Dockerfile, type Instruction, type Stage } from '../dockerfile/index.ts';

export interface StagePlan {
  readonly target: Stage;
  /** Needed stages in the order of the file, the target among them. */
  readonly needed: readonly Stage[];
  /** Number of the first step of each needed stage, from 1; ARGs before the first FROM count. */
  readonly firstStep: ReadonlyMap<number, number>;
  readonly totalSteps: number;
}

/**
 * @param target  name or number of a stage; undefined: the last one
 * @throws EngineError invalid when there is no such stage
 */
export function planStages(file: Dockerfile, variables: BuildVariables, target: string | undefined): StagePlan {
  const chosen = findTarget(file, target);
  const needed = new Set<number>();
  const todo = [chosen];
  for (let stage = todo.pop(); stage; stage = todo.pop()) {
    if (needed.has(stage.index)) continue;
    needed.add(stage.index);
    todo.push(...dependenciesOf(file, stage, variables));
  }
  const stages = file.stages.filter(({ index }) => needed.has(index));
  const firstStep = new Map<number, number>();
  let next = file.globalArgs.length + 1;
  for (const stage of stages) {
    firstStep.set(stage.index, next);
    next += 1 + stage.instructions.length;
  }
  return { target: chosen, needed: stages, firstStep, totalSteps: next - 1 };
}

function findTarget(file: Dockerfile, target: string | undefined): Stage {
  const last = file.stages.at(-1);
  const found = target === undefined || target === '' ? last : (findStage(file, target, file.stages.length) ?? stageByNumber(file, target, file.stages.length));
  if (found) return found;
  const names = file.stages.flatMap(({ name }) => name ?? []);
  throw new EngineError('invalid', `target stage ${JSON.stringify(target)} could not be found${names.length > 0 ? `; the stages are ${names.join(', ')}` : ''}`);
}

/** The last stage of that name before stage number `before`. */
export function findStage(file: Dockerfile, name: string, before: number): Stage | undefined {
  return file.stages.findLast((stage) => stage.index < before && stage.name !== undefined && stage.name === name.toLowerCase());
}

export function stageByNumber(file: Dockerfile, text: string, before: number): Stage | undefined {
  return /^\d+$/.test(text) && Number(text) < before ? file.stages[Number(text)] : undefined;
}

/** The stages that a stage names, as far as that can be told before it runs. */
function dependenciesOf(file: Dockerfile, stage: Stage, variables: BuildVariables): Stage[] {
  const names = [expandOrNothing(stage.from.base, new Map(variables.global))];
  const values = new Map<string, string>();
  for (const instruction of stage.instructions) {
    collectValues(instruction, variables, values);
    names.push(...referencesOf(instruction).map((name) => expandOrNothing(name, values)));
  }
  return names.flatMap((name) => (name === undefined ? [] : (findStage(file, name, stage.index) ?? stageByNumber(file, name, stage.index) ?? [])));
}

/** `--from` of COPY and of mounts. */
function referencesOf(instruction: Instruction): string[] {
  if (instruction.kind === 'copy') return instruction.from === undefined ? [] : [instruction.from];
  if (instruction.kind !== 'run') return [];
  return instruction.mounts.flatMap(({ fields }) => fields.flatMap(({ key, value }) => (key === 'from' && value !== undefined ? [value] : [])));
}

function collectValues(instruction: Instruction, variables: BuildVariables, values: Map<string, string>): void {
  if (instruction.kind === 'arg') {
    for (const { key, value } of instruction.args) {
      const chosen = variables.buildArgs.get(key) ?? (value === undefined ? variables.global.get(key) : expandOrNothing(value, values));
      if (chosen !== undefined) values.set(key, chosen);
    }
  }
  if (instruction.kind === 'env') for (const { key, value } of instruction.pairs) values.set(key, expandOrNothing(value, values) ?? '');
}

function expandOrNothing(text: string, values: ReadonlyMap<string, string>): string | undefined {
  const env = [...values].map(([key, value]) => `${key}=${value}`);
  try {
    return new Variables({ buildArgs: new Map(), global: new Map(), escape: '\\' }, env).expand(text);
  } catch (error) {
    if (error instanceof DockerfileMistake) return undefined; // told when the instruction runs
    throw error;
  }
}
