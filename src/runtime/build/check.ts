/** `--check`: what the lint rules say of a Dockerfile, without building. */
import { isEngineError } from '../../base/index.ts';
import type { BuildFinding, BuildOptions, ProgressMessage } from '../../engine-api/index.ts';
import { hostPlatform } from '../images/index.ts';
import type { ImagesRoom } from '../parts.ts';
import { DEFAULT_PATH, globalVariables, platformArgs, Variables } from './config/index.ts';
import { excerpt, lintDockerfile, type Dockerfile, type LintFinding, type Stage } from './dockerfile/index.ts';
import type { Contexts } from './solve/contexts.ts';

/** Tells the findings as text and, in `aux`, as data. Findings make the check fail, as with docker. */
export async function checkDockerfile(
  images: ImagesRoom,
  file: Dockerfile,
  contexts: Contexts,
  options: BuildOptions,
  buildArgs: ReadonlyMap<string, string>,
  emit: (message: ProgressMessage) => void,
): Promise<void> {
  const platform = platformArgs(hostPlatform(), options.target ?? '');
  const environments = await baseEnvironments(images, file, buildArgs, platform);
  const { findings } = lintDockerfile(file, {
    buildArgs: options.buildArgs ?? {},
    platformArgs: platform,
    ignore: contexts.ignore,
    baseEnv: (stage) => environments.get(stage.index),
  });
  for (const finding of findings) emit({ stream: `WARNING: ${finding.rule} - ${finding.message}\n${excerpt(file.source, finding.span)}\n\n` });
  emit({ aux: { findings: findings.map((finding) => wire(file, finding)) } });
  if (findings.length === 0) return emit({ stream: 'Check complete, no warnings found.\n' });
  const count = `${findings.length} warning${findings.length === 1 ? ' has' : 's have'} been found!`;
  emit({ stream: `Check complete, ${count}\n` });
  emit({ errorDetail: { code: 1, message: count }, error: count });
}

function wire(file: Dockerfile, { rule, message, span }: LintFinding): BuildFinding {
  return { rule, message, file: file.path, line: span.line, endLine: span.endLine, excerpt: excerpt(file.source, span) };
}

/** Environments of base images that are here. Nothing is pulled for a check. */
async function baseEnvironments(images: ImagesRoom, file: Dockerfile, buildArgs: ReadonlyMap<string, string>, platform: Record<string, string>): Promise<Map<number, readonly string[]>> {
  const environments = new Map<number, readonly string[]>();
  const { global } = globalVariables(file, buildArgs, platform);
  const variables = new Variables({ buildArgs, global, escape: file.directives.escape }, [...global].map(([key, value]) => `${key}=${value}`));
  for (const stage of file.stages) {
    const env = await baseEnvironment(images, stage, variables);
    if (env) environments.set(stage.index, env);
  }
  return environments;
}

async function baseEnvironment(images: ImagesRoom, { from }: Stage, variables: Variables): Promise<readonly string[] | undefined> {
  const base = variables.expand(from.base);
  if (base === 'scratch') return [`PATH=${DEFAULT_PATH}`];
  try {
    return (await images.resolve(base)).config.config?.Env ?? [];
  } catch (error) {
    if (isEngineError(error, 'notFound', 'invalid')) return undefined;
    throw error;
  }
}
