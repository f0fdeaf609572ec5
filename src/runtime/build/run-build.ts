/** One build, from the request to the image. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EngineError, isEngineError, newId, Scope, shortId } from '../../base/index.ts';
import type { BuildOptions, ProgressMessage } from '../../engine-api/index.ts';
import { familiarString, formatPlatform, hostPlatform, parsePlatform, parseTagTarget, platformScore } from '../images/index.ts';
import type { ImageRecord } from '../parts.ts';
import { lintRequest, requireClean, tellFindings, type LintResult } from './check.ts';
import { configFileOf, globalVariables, platformArgs, sourceDateEpoch, unusedBuildArgs, type ImageState } from './config/index.ts';
import { DockerfileError, DockerfileMistake, parseCheckDirective, parseDockerfile, type Dockerfile } from './dockerfile/index.ts';
import { openSession, type BuilderShared, type BuildRequest, type Course } from './open-session.ts';
import { receiveContexts, type ContextTools } from './solve/contexts.ts';
import { RunFailed, StepFailed } from './solve/errors.ts';
import { BaseImages } from './solve/images.ts';
import { createCacheImage, withInlineCache } from './solve/inline-cache.ts';
import { BuildOutput } from './solve/output.ts';
import type { BuildSession, StageResult } from './solve/session.ts';
import { planStages, type StagePlan } from './solve/stage-plan.ts';

type Emit = (message: ProgressMessage) => void;

/**
 * Builds and reports through `emit`. What is wrong with the request or the Dockerfile rejects before the first message; what fails
 * later is the last message.
 */
export async function runBuild(shared: BuilderShared, options: BuildOptions, stream: Readable | undefined, emit: Emit, signal: AbortSignal): Promise<void> {
  const scope = new Scope();
  const heldLayers = new Set<string>();
  shared.held.add(heldLayers);
  scope.defer(() => shared.held.delete(heldLayers));
  let failure: unknown;
  try {
    const tools = contextTools(shared, scope, signal);
    const request = await readRequest(options, stream, tools);
    const lint = (): Promise<LintResult> => lintRequest(shared.images, request.file, request.contexts, options, request.buildArgs);
    if (options.extra?.check === true) return tellFindings(request.file, (await lint()).findings, emit);
    if (parseCheckDirective(request.file.directives.check).error) requireClean(request.file, await lint());
    await solve(shared, options, request, { tools, scope, heldLayers, emit, signal });
    request.contexts.save();
  } catch (error) {
    failure = error;
    throw signal.aborted && !isEngineError(error, 'cancelled') ? new EngineError('cancelled', 'the build was cancelled', { cause: error }) : error;
  } finally {
    const problem = await scope.unwind();
    if (problem !== undefined) shared.ctx.logger.warn('cannot clean up after a build', { error: problem, failure });
    stream?.resume(); // what was not read is dropped, so that the client comes to read the answer
  }
}

function contextTools(shared: BuilderShared, scope: Scope, signal: AbortSignal): ContextTools {
  const directory = join(shared.directory, 'tmp', newId().slice(0, 16));
  scope.defer(() => rmSync(directory, { recursive: true, force: true }));
  let count = 0;
  return {
    files: shared.files,
    downloads: shared.downloads,
    digestDirectory: join(shared.directory, 'contexts'),
    temporary() {
      const path = join(directory, String(count++));
      mkdirSync(path, { recursive: true, mode: 0o755 });
      return path;
    },
    atEnd: (close) => scope.defer(close),
    signal,
  };
}

/** @throws EngineError for a request or a Dockerfile that is wrong */
async function readRequest(options: BuildOptions, stream: Readable | undefined, tools: ContextTools): Promise<BuildRequest> {
  if (options.squash === true) throw new EngineError('notImplemented', 'squash is not supported');
  const tags = (options.tags ?? []).map((tag) => familiarString(parseTagTarget(tag, undefined)));
  const host = hostPlatform();
  if (options.platform !== undefined && options.platform !== '' && platformScore(parsePlatform(options.platform), host) === 0) {
    throw new EngineError('invalid', `cannot build for ${options.platform}: this machine is ${formatPlatform(host)}`);
  }
  const contexts = await receiveContexts(options, stream, tools);
  const buildArgs = new Map(Object.entries(options.buildArgs ?? {}).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])));
  const name = options.extra?.dockerfileName ?? contexts.dockerfile.path.replace(/^\.dockerfile\.[0-9a-f]+$/, 'Dockerfile');
  return { file: parse(contexts.dockerfile.text, name), contexts, buildArgs, tags };
}

function parse(text: string, name: string): Dockerfile {
  try {
    return parseDockerfile(text, name);
  } catch (error) {
    if (!(error instanceof DockerfileError)) throw error;
    throw new EngineError('invalid', `dockerfile parse error on line ${error.span.line}: ${error.message}`, { cause: error });
  }
}

async function solve(shared: BuilderShared, options: BuildOptions, request: BuildRequest, course: Course): Promise<void> {
  const { file, buildArgs } = request;
  const platform = options.platform ? parsePlatform(options.platform) : hostPlatform();
  const epochS = orInvalid(() => sourceDateEpoch(buildArgs));
  const variables = orInvalid(() => globalVariables(file, buildArgs, platformArgs(platform, options.target || 'default')));
  const plan = planStages(file, variables, options.target);
  const output = new BuildOutput(course.emit, plan.needed.map(({ index }) => index), plan.totalSteps, options.quiet === true);
  // From here on failures are told inside the stream, with the command's exit code. An empty `stream` would print a line.
  if (options.quiet === true) course.emit({ aux: {} });
  const failing = new AbortController();
  const signal = AbortSignal.any([course.signal, failing.signal]);
  const base = new BaseImages(shared.images, options, platform, signal);
  try {
    const importedSteps = await base.importedSteps((message) => output.say(message));
    const session = openSession(shared, options, request, course, { platform, epochS, variables, output, base, signal, plan, importedSteps });
    file.globalArgs.forEach((arg, i) => output.say({ stream: `Step ${i + 1}/${plan.totalSteps} : ${arg.text}\n` }));
    const { state } = await settleStages(session, plan, failing);
    const image = await createImage(session, state, request);
    tellResult(request, options, output, image);
  } catch (error) {
    if (course.signal.aborted) throw error;
    tellFailure(error, options, output, course.emit, shared);
  }
}

function orInvalid<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof DockerfileMistake) throw new EngineError('invalid', error.message, { cause: error });
    throw error;
  }
}

/** Starts all needed stages; the first failure stops the others, and is thrown when all have ended. */
async function settleStages(session: BuildSession, plan: StagePlan, failing: AbortController): Promise<StageResult> {
  let first: { error: unknown } | undefined;
  const running = plan.needed.map(({ index }) =>
    session.stage(index).catch((error: unknown) => {
      first ??= { error };
      failing.abort();
    }),
  );
  await Promise.all(running);
  if (first) throw first.error;
  return session.stage(plan.target.index);
}

async function createImage(session: BuildSession, state: ImageState, request: BuildRequest): Promise<ImageRecord> {
  const { options, epochS } = session;
  const labelled = options.labels && Object.keys(options.labels).length > 0 ? { ...state, config: { ...state.config, Labels: { ...state.config.Labels, ...options.labels } } } : state;
  const epoch = epochS === undefined ? undefined : new Date(epochS * 1000).toISOString();
  const plain = configFileOf(labelled, epoch);
  const isInline = /^(?:1|true)$/i.test(session.variables.buildArgs.get('BUILDKIT_INLINE_CACHE') ?? '');
  const config = isInline ? withInlineCache(plain, session.usedSteps) : plain;
  const image = await session.images.writer.createImage(config, state.layers, request.tags);
  for (const target of options.extra?.cacheTo ?? []) await createCacheImage(session.images, plain, state.layers, session.usedSteps, target);
  session.ctx.events.publish('builder', 'build', image.id, {});
  return image;
}

function tellResult(request: BuildRequest, options: BuildOptions, output: BuildOutput, image: ImageRecord): void {
  const unused = unusedBuildArgs(request.file, request.buildArgs);
  if (unused.length > 0) output.say({ stream: `[Warning] One or more build-args [${unused.join(' ')}] were not consumed\n` });
  if (options.quiet === true) return output.say({ stream: `${image.id}\n` }, true);
  output.say({ aux: { ID: image.id } });
  output.say({ stream: `Successfully built ${shortId(image.id)}\n` });
  for (const tag of request.tags) output.say({ stream: `Successfully tagged ${tag}\n` });
}

/** The place and the excerpt as text for every client; the same as data for ours; then the classic error message. */
function tellFailure(error: unknown, options: BuildOptions, output: BuildOutput, emit: Emit, shared: BuilderShared): void {
  if (!(error instanceof EngineError)) {
    shared.ctx.logger.error('a build failed', { error });
    throw error;
  }
  if (error instanceof StepFailed) {
    const run = error.cause instanceof RunFailed ? error.cause : undefined;
    output.flush(error.stage);
    output.say({ stream: `${error.excerpt}\n` });
    if (options.extra) {
      const { span, source } = error;
      const failure = { message: run?.summary ?? error.message, file: source.path, line: span.line, endLine: span.endLine, excerpt: error.excerpt };
      emit({ aux: { failure: { ...failure, ...(run && { exitCode: run.exitCode, output: run.output }) } } });
    }
    return emit({ errorDetail: { ...(run && { code: run.exitCode }), message: error.message }, error: error.message });
  }
  emit({ errorDetail: { message: error.message }, error: error.message });
}
