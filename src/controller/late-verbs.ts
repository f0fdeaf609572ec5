/** Verbs that are loaded when they are used: packing contexts and pulling are no part of what most commands start with. */
import type { Project } from '../compose/index.ts';
import type { BakeFile, BakeOptions } from './bake-file.ts';
import type { BuildServicesOptions, BuiltImage } from './build.ts';
import type { ProjectContext } from './context.ts';
import type { ImageFailures, PullOptions, PushOptions } from './pull.ts';
import type { WatchOptions } from './watch.ts';

/** See `build.ts`. */
export async function build(context: ProjectContext, options: BuildServicesOptions = {}): Promise<BuiltImage[]> {
  return (await import('./build.ts')).build(context, options);
}

/** See `bake-file.ts`. */
export async function bakeFile(project: Project, options: BakeOptions = {}): Promise<BakeFile> {
  return (await import('./bake-file.ts')).bakeFile(project, options);
}

/** See `pull.ts`. */
export async function pull(context: ProjectContext, options: PullOptions = {}): Promise<ImageFailures> {
  return (await import('./pull.ts')).pull(context, options);
}

/** See `pull.ts`. */
export async function push(context: ProjectContext, options: PushOptions = {}): Promise<ImageFailures> {
  return (await import('./pull.ts')).push(context, options);
}

/** See `watch.ts`. */
export async function watch(context: ProjectContext, options: WatchOptions = {}): Promise<void> {
  return (await import('./watch.ts')).watch(context, options);
}
