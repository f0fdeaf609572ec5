import { posix } from 'node:path';
import { EngineError } from '../../../base/index.ts';
import type { LayerDescriptor } from '../../parts.ts';
import { bytePathOf } from '../../host/byte-path.ts';
import { Copier, createExclude, ownerNeedsImage, parseModeChange, type Owner } from '../copy/index.ts';
import { withStep, type ImageState } from '../config/index.ts';
import { expandWord, type AddInstruction, type CopyInstruction } from '../dockerfile/index.ts';
import { DirectoryTree, resolveTreePath } from '../tree/index.ts';
import { chainOf } from './content-sources.ts';
import { CopyInputs, type CopyInput } from './copy-inputs.ts';
import type { RunContext } from './run-step.ts';
import { WorkRoot } from './roots.ts';
import { cacheKey } from './step-cache.ts';
import { layerStep, type StepOutcome } from './step.ts';
import { commit, ownerIn } from './workdir-step.ts';

/** Carries out COPY or ADD, or finds what it gave before. */
export async function copyStep(
  context: RunContext,
  state: ImageState,
  instruction: CopyInstruction | AddInstruction,
): Promise<{ state: ImageState; outcome: StepOutcome }> {
  const { session } = context;
  const plan = await planCopy(context, state, instruction);
  const inputs = new CopyInputs(context, instruction, plan.arguments, plan.exclude);
  const key = cacheKey([
    instruction.kind,
    instruction.link ? 'link' : chainOf(state.layers),
    plan.destination,
    plan.ownerIdentity,
    plan.chmod ?? null,
    instruction.parents,
    plan.excludePatterns,
    plan.arguments.map((argument) => (argument.kind === 'inline' ? argument : argument.kind)),
    await inputs.identity(),
    session.epochS ?? null,
  ]);
  const outcome = await layerStep(session, {
    key,
    description: instruction.text,
    useCache: context.useCache,
    make: async () => {
      const loaded = await inputs.load();
      const layer = instruction.link ? await copyLinked(context, state, plan, loaded) : await copyOnto(context, context.root, state.layers, plan, loaded);
      return { layer, cacheable: await inputs.isUnchanged() };
    },
  });
  return { state: withStep(state, `${plan.text} # buildkit`, outcome), outcome };
}

export type CopyArgument =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'inline'; readonly name: string; readonly content: string };

interface CopyPlan {
  readonly arguments: readonly CopyArgument[];
  /** Absolute; ends in a slash when a directory is meant. */
  readonly destination: string;
  readonly chown: string | undefined;
  /** What the cache key says of the owner. */
  readonly ownerIdentity: unknown;
  readonly chmod: string | undefined;
  readonly exclude: (path: string) => boolean;
  readonly excludePatterns: readonly string[];
  readonly text: string;
}

async function planCopy(context: RunContext, state: ImageState, instruction: CopyInstruction | AddInstruction): Promise<CopyPlan> {
  const { variables } = context;
  const expand = (text: string): string => variables.expand(text);
  const list = instruction.sources.map((source): CopyArgument => {
    if (source.kind === 'path') return { kind: 'path', path: expand(source.path) };
    const { name, content } = source.heredoc;
    const body = source.heredoc.expand ? expandWord(content, variables.lookup, { escape: '\\', keepQuotes: true }) : content;
    return { kind: 'inline', name, content: body };
  });
  const written = expand(instruction.destination);
  const chown = instruction.chown === undefined ? undefined : expand(instruction.chown);
  const chmod = instruction.chmod === undefined ? undefined : expand(instruction.chmod);
  if (chmod !== undefined) parseModeChange(chmod); // told before anything is copied
  const excludePatterns = instruction.exclude.map(expand);
  // Without its parent below it, a layer of --link depends on the parent only through the names that are looked up there.
  const resolved = chown !== undefined && instruction.link && ownerNeedsImage(chown) ? await lookUpOwner(context, state, chown) : undefined;
  return {
    arguments: list,
    destination: absoluteDestination(state, written),
    chown: resolved ? `${resolved.uid}:${resolved.gid}` : chown,
    ownerIdentity: resolved ?? chown ?? null,
    chmod,
    exclude: createExclude(excludePatterns),
    excludePatterns,
    text: historyText(instruction, list, written, chown, chmod),
  };
}

async function lookUpOwner({ session }: RunContext, state: ImageState, chown: string): Promise<Owner> {
  return ownerIn(await session.roots.path(state.layers), chown);
}

function absoluteDestination(state: ImageState, written: string): string {
  const path = posix.resolve('/', state.config.WorkingDir || '/', written);
  const isDirectory = /(?:^|\/)\.{0,2}$/.test(written);
  return isDirectory && path !== '/' ? `${path}/` : path;
}

function historyText(instruction: CopyInstruction | AddInstruction, list: readonly CopyArgument[], destination: string, chown: string | undefined, chmod: string | undefined): string {
  const flags = [chown === undefined ? '' : ` --chown=${chown}`, chmod === undefined ? '' : ` --chmod=${chmod}`].join('');
  const sources = list.map((argument) => (argument.kind === 'inline' ? `<<${argument.name}` : argument.path)).join(' ');
  return `${instruction.kind.toUpperCase()}${flags} ${sources} ${destination}`;
}

/** `--link`: the layer is made on nothing, so it does not depend on what lies below it. */
async function copyLinked(context: RunContext, state: ImageState, plan: CopyPlan, inputs: readonly CopyInput[]): Promise<LayerDescriptor | undefined> {
  const root = new WorkRoot(context.session.images);
  try {
    return await copyOnto(context, root, [], plan, inputs);
  } finally {
    await root.discard();
  }
}

async function copyOnto(context: RunContext, root: WorkRoot, layers: ImageState['layers'], plan: CopyPlan, inputs: readonly CopyInput[]): Promise<LayerDescriptor | undefined> {
  const { session } = context;
  const { path } = await root.open(layers);
  requireDirectory(path, plan, inputs);
  const owner = plan.chown === undefined ? undefined : ownerIn(path, plan.chown);
  const mode = plan.chmod === undefined ? undefined : parseModeChange(plan.chmod);
  const target = { root: path, destination: plan.destination, exclude: plan.exclude, signal: session.signal };
  const copier = new Copier({ ...target, owner, mode });
  for (const input of inputs) {
    if (input.kind === 'inline') copier.inline(input);
    else if (input.kind === 'archive') {
      // --chown and --chmod are about the directory; what is in an archive keeps its own.
      copier.directory(bytePathOf(plan.destination));
      await new Copier({ ...target, owner: undefined, mode: undefined, replaces: true }).copy(input.source);
    } else await copier.copy(input.source);
  }
  return commit(session, root);
}

/** Several sources need a directory: the second file would replace the first. @throws EngineError invalid */
function requireDirectory(root: string, plan: CopyPlan, inputs: readonly CopyInput[]): void {
  if (inputs.length < 2 || plan.destination.endsWith('/')) return;
  const tree = new DirectoryTree(root);
  const existing = resolveTreePath((at) => tree.stat(at), bytePathOf(plan.destination)).node;
  const allDirectories = inputs.every((input) => input.kind !== 'inline' && input.source.node.type === 'dir');
  if (existing?.type === 'dir' || allDirectories) return;
  throw new EngineError('invalid', 'When using COPY with more than one source file, the destination must be a directory and end with a /');
}

