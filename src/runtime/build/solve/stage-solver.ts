/** Builds one stage: instruction after instruction, each from the state that the one before gave. */
import { EngineError, errorMessage, isEngineError, shortId } from '../../../base/index.ts';
import type { BuildStepState } from '../../../engine-api/index.ts';
import { applyMetadata, childState, isLayerInstruction, scratchState, Variables, withStep, type ImageState } from '../config/index.ts';
import { DockerfileError, DockerfileMistake, parseInstructions, type Instruction, type Span, type Stage } from '../dockerfile/index.ts';
import { TreePathError } from '../tree/index.ts';
import { chainOf, imageState } from './content-sources.ts';
import { stateOfContext } from './context-base.ts';
import { copyStep } from './copy-step.ts';
import { StepFailed } from './errors.ts';
import type { Channel } from './output.ts';
import { runStep } from './run-step.ts';
import { WorkRoot } from './roots.ts';
import type { BuildSession, StageResult } from './session.ts';
import { findStage } from './stage-plan.ts';
import type { StepOutcome } from './step.ts';
import { workdirStep } from './workdir-step.ts';

/** How a stage is told and cached. */
export interface StageOptions {
  readonly firstStep: number;
  readonly useCache: boolean;
}

export class StageSolver {
  readonly #session: BuildSession;
  readonly #stage: Stage;
  readonly #options: StageOptions;
  readonly #channel: Channel;
  readonly #root: WorkRoot;
  #variables: Variables;
  #state: ImageState;
  #number: number;

  constructor(session: BuildSession, stage: Stage, options: StageOptions) {
    this.#session = session;
    this.#stage = stage;
    this.#options = options;
    this.#channel = session.output.channel(stage.index);
    this.#root = new WorkRoot(session.images);
    this.#variables = new Variables(session.variables, []);
    this.#state = scratchState(session.platform);
    this.#number = options.firstStep;
  }

  /** @throws StepFailed */
  async solve(): Promise<StageResult> {
    try {
      const { from, instructions } = this.#stage;
      await this.#step(from.text, from.span, () => this.#from());
      await this.#triggers();
      for (const instruction of instructions) await this.#step(instruction.text, instruction.span, () => this.#apply(instruction));
      this.#session.output.finish(this.#stage.index);
      return { state: this.#state, args: this.#variables.args };
    } finally {
      await this.#root.discard();
    }
  }

  async #step(text: string, span: Span, body: () => Promise<StepOutcome | undefined>): Promise<void> {
    const { output, signal } = this.#session;
    if (signal.aborted) throw new EngineError('cancelled', 'the build was cancelled');
    const number = this.#number++;
    const begun = performance.now();
    const tell = (state: BuildStepState['state']): void => {
      if (!this.#session.options.extra) return;
      const stage = this.#stage.name ?? String(this.#stage.index);
      const durationMs = state === 'started' ? {} : { durationMs: Math.round(performance.now() - begun) };
      this.#channel.send({ aux: { step: { number, total: output.total, stage, instruction: text, line: span.line, state, ...durationMs } } });
    };
    this.#channel.send({ stream: `Step ${number}/${output.total} : ${text}` });
    this.#channel.send({ stream: '\n' });
    tell('started');
    try {
      const outcome = await body();
      if (outcome?.cached) this.#channel.line(' ---> Using cache');
      this.#channel.line(` ---> ${shortId(this.#identity())}`);
      tell(outcome?.cached ? 'cached' : 'done');
    } catch (error) {
      tell('failed');
      throw this.#located(error, text, span);
    }
  }

  /** What stands behind the arrow: the layers so far. */
  #identity(): string {
    return chainOf(this.#state.layers);
  }

  #located(error: unknown, instruction: string, span: Span): unknown {
    if (error instanceof StepFailed || isEngineError(error, 'cancelled')) return error;
    const known = error instanceof DockerfileMistake || error instanceof TreePathError;
    const cause = error instanceof EngineError ? error : new EngineError(known ? 'invalid' : 'internal', errorMessage(error), { cause: error });
    if (!known && !(error instanceof EngineError)) this.#session.ctx.logger.error('a build step failed', { instruction, error });
    return new StepFailed(cause, { source: this.#session.file.source, span, stage: this.#stage.index, instruction });
  }

  async #from(): Promise<undefined> {
    const { from, index } = this.#stage;
    const session = this.#session;
    const global = new Variables(session.variables, [...session.variables.global].map(([key, value]) => `${key}=${value}`));
    const base = global.expand(from.base);
    if (base === '') throw new DockerfileMistake(`base name (${from.base}) should not be blank`);
    const platform = from.platform === undefined ? undefined : global.expand(from.platform) || undefined;
    const named = await session.namedContext(base);
    const parent = named ? undefined : findStage(session.file, base, index);
    if (parent) {
      const { state, args } = await session.stage(parent.index);
      this.#state = childState(state);
      this.#variables = new Variables(session.variables, state.config.Env ?? [], args);
      return;
    }
    if (named && !('image' in named)) {
      this.#state = await stateOfContext(session, base, named, this.#options.useCache);
    } else if (named || base !== 'scratch') {
      const image = await session.image(named ? named.image : base, platform, (message) => this.#channel.send(message));
      this.#state = imageState(session, image);
    }
    this.#variables = new Variables(session.variables, this.#state.config.Env ?? []);
  }

  /** ONBUILD instructions of the base image. They are not handed on. */
  async #triggers(): Promise<void> {
    const triggers = this.#state.config.OnBuild ?? [];
    if (triggers.length === 0) return;
    const { OnBuild: _, ...config } = this.#state.config;
    this.#state = { ...this.#state, config };
    this.#channel.line(`# Executing ${triggers.length} build trigger${triggers.length === 1 ? '' : 's'}`);
    const { span, base } = this.#stage.from;
    for (const trigger of triggers) {
      try {
        for (const instruction of parseInstructions(trigger, `ONBUILD of ${base}`)) await this.#apply({ ...instruction, span });
      } catch (error) {
        throw this.#located(error instanceof DockerfileError ? new EngineError('invalid', error.summary) : error, `ONBUILD ${trigger}`, span);
      }
    }
  }

  async #apply(instruction: Instruction): Promise<StepOutcome | undefined> {
    const session = this.#session;
    if (instruction.kind === 'arg') {
      const { variables, text } = this.#variables.declare(instruction);
      this.#variables = variables;
      this.#state = withStep(this.#state, text);
      return undefined;
    }
    if (isLayerInstruction(instruction)) {
      const context = {
        session, root: this.#root, stage: this.#stage.index, channel: this.#channel, useCache: this.#options.useCache, variables: this.#variables,
      };
      const { state, outcome } =
        instruction.kind === 'run' ? await runStep(context, this.#state, instruction)
        : instruction.kind === 'workdir' ? await workdirStep(session, this.#root, this.#state, this.#variables.expand(instruction.value), this.#options.useCache)
        : await copyStep(context, this.#state, instruction);
      this.#state = state;
      return outcome;
    }
    const { config, author = this.#state.author, createdBy } = applyMetadata(this.#state.config, instruction, this.#variables, this.#state.ownCmd);
    const next = { ...this.#state, config, author, ownCmd: this.#state.ownCmd || instruction.kind === 'cmd' };
    this.#state = createdBy === undefined ? next : withStep(next, createdBy);
    if (instruction.kind === 'env') this.#variables = this.#variables.withEnv(config.Env ?? [], instruction.pairs.map(({ key }) => this.#variables.expand(key)));
    return undefined;
  }
}
