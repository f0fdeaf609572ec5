/** `--check` and `# check=error=true`: what the lint rules say of a Dockerfile. */
import { EngineError, isEngineError } from '../../base/index.ts';
import type { BuildFinding, BuildOptions, ProgressMessage } from '../../engine-api/index.ts';
import { formatPlatform, hostPlatform, parsePlatform, platformScore } from '../images/index.ts';
import type { ImagesRoom, ResolvedImage } from '../parts.ts';
import { DEFAULT_PATH, globalVariables, platformArgs, Variables } from './config/index.ts';
import { DockerfileMistake, excerpt, lintDockerfile, type Dockerfile, type LintFinding, type Stage } from './dockerfile/index.ts';
import type { Contexts } from './solve/contexts.ts';

export type LintResult = ReturnType<typeof lintDockerfile>;

/** Applies the rules. Base images count as far as they are here: nothing is pulled for a check. */
export async function lintRequest(images: ImagesRoom, file: Dockerfile, contexts: Contexts, options: BuildOptions, buildArgs: ReadonlyMap<string, string>): Promise<LintResult> {
  const platform = options.platform ? parsePlatform(options.platform) : hostPlatform();
  const args = platformArgs(platform, options.target || 'default');
  const bases = await baseImages(images, file, buildArgs, args);
  return lintDockerfile(file, {
    platformArgs: args,
    ignore: contexts.ignore,
    baseEnv: (stage) => {
      const base = bases.get(stage.index);
      const env = base === 'scratch' ? undefined : base?.config.config?.Env;
      return base && (env ?? [`PATH=${DEFAULT_PATH}`]);
    },
    basePlatform(stage) {
      const base = bases.get(stage.index);
      if (base === undefined || base === 'scratch' || stage.from.platform !== undefined || platformScore(platform, base.config) > 0) return undefined;
      return { actual: formatPlatform(base.config), expected: formatPlatform(platform) };
    },
  });
}

/** Tells the findings as text and, in `aux`, as data. Findings make the check fail, as with docker. */
export function tellFindings(file: Dockerfile, findings: readonly LintFinding[], emit: (message: ProgressMessage) => void): void {
  for (const finding of findings) emit({ stream: `WARNING: ${finding.rule} - ${finding.message}\n${excerpt(file.source, finding.span)}\n\n` });
  emit({ aux: { findings: findings.map((finding) => wire(file, finding)) } });
  if (findings.length === 0) return emit({ stream: 'Check complete, no warnings found.\n' });
  const count = `${findings.length} warning${findings.length === 1 ? ' has' : 's have'} been found!`;
  emit({ stream: `Check complete, ${count}\n` });
  emit({ errorDetail: { code: 1, message: count }, error: count });
}

/** @throws EngineError invalid when there are findings */
export function requireClean(file: Dockerfile, { findings }: LintResult): void {
  if (findings.length === 0) return;
  const rules = [...new Set(findings.map(({ rule }) => rule))].join(', ');
  const rows = findings.map(({ rule, message, span }) => `${rule}: ${message}\n${excerpt(file.source, span)}`);
  throw new EngineError('invalid', `lint violation found for rules: ${rules}\n${rows.join('\n')}`);
}

function wire(file: Dockerfile, { rule, message, span }: LintFinding): BuildFinding {
  return { rule, message, file: file.path, line: span.line, endLine: span.endLine, excerpt: excerpt(file.source, span) };
}

async function baseImages(images: ImagesRoom, file: Dockerfile, buildArgs: ReadonlyMap<string, string>, args: Record<string, string>): Promise<Map<number, ResolvedImage | 'scratch'>> {
  const found = new Map<number, ResolvedImage | 'scratch'>();
  for (const stage of file.stages) {
    const base = await baseImage(images, stage, file, buildArgs, args);
    if (base) found.set(stage.index, base);
  }
  return found;
}

async function baseImage(images: ImagesRoom, { from }: Stage, file: Dockerfile, buildArgs: ReadonlyMap<string, string>, args: Record<string, string>): Promise<ResolvedImage | 'scratch' | undefined> {
  try {
    const { global } = globalVariables(file, buildArgs, args);
    const base = new Variables({ buildArgs, global, escape: file.directives.escape }, [...global].map(([key, value]) => `${key}=${value}`)).expand(from.base);
    return base === 'scratch' ? 'scratch' : await images.resolve(base);
  } catch (error) {
    if (error instanceof DockerfileMistake || isEngineError(error, 'notFound', 'invalid')) return undefined;
    throw error;
  }
}
