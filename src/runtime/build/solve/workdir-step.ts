import { Copier, resolveOwner } from '../copy/index.ts';
import { joinWorkdir, withStep, type ImageState } from '../config/index.ts';
import { readTextInRoot, withFd } from '../../host/rooted.ts';
import { bytePathOf } from '../../host/byte-path.ts';
import { constants, openSync } from 'node:fs';
import { DirectoryTree, resolveTreePath } from '../tree/index.ts';
import { chainOf } from './content-sources.ts';
import type { WorkRoot } from './roots.ts';
import type { BuildSession } from './session.ts';
import { cacheKey } from './step-cache.ts';
import { layerStep, type StepOutcome } from './step.ts';

/** WORKDIR: the directory is made, owned by USER, as BuildKit does. No layer when it is there already. */
export async function workdirStep(
  session: BuildSession,
  root: WorkRoot,
  state: ImageState,
  value: string,
  useCache: boolean,
): Promise<{ state: ImageState; outcome: StepOutcome | undefined }> {
  const path = joinWorkdir(state.config, value);
  const next = { ...state, config: { ...state.config, WorkingDir: path } };
  const text = `WORKDIR ${path}`;
  if (path === '/') return { state: withStep(next, text), outcome: undefined };
  const user = state.config.User ?? '';
  const outcome = await layerStep(session, {
    key: cacheKey(['workdir', chainOf(state.layers), path, user, session.epochS ?? null]),
    description: text,
    useCache,
    make: async () => {
      const opened = await root.open(state.layers);
      const tree = new DirectoryTree(opened.path);
      if (resolveTreePath((at) => tree.stat(at), bytePathOf(path)).node?.type !== 'dir') {
        const owner = user === '' ? undefined : ownerIn(opened.path, user);
        new Copier({ root: opened.path, destination: `${path}/`, owner, mode: undefined, exclude: () => false, signal: undefined }).directory(bytePathOf(path));
      }
      return { layer: await commit(session, root) };
    },
  });
  return { state: withStep(next, text, outcome), outcome };
}

/** Looks a user up in a mounted root. @throws DockerfileMistake */
export function ownerIn(root: string, spec: string): { uid: number; gid: number } {
  return withFd(openSync(root, constants.O_RDONLY | constants.O_DIRECTORY), (fd) => resolveOwner(spec, (path) => readTextInRoot(fd, path)));
}

/** What the step wrote as a layer, with the times that SOURCE_DATE_EPOCH allows. */
export function commit(session: BuildSession, root: WorkRoot): ReturnType<WorkRoot['commit']> {
  return root.commit({ signal: session.signal, ...(session.epochS !== undefined && { epochS: session.epochS }) });
}
