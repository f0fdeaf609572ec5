export * from './ast.ts';
export { parseCheckDirective } from './directives.ts';
export { DockerfileError, DockerfileMistake, excerpt } from './errors.ts';
export { expandWord, expandWords, type Lookup } from './expand.ts';
export { lintDockerfile, PROXY_ARGS, type LintContext } from './lint.ts';
export { resolveMount, type RunMount } from './mount.ts';
export { parseDockerfile, parseInstructions } from './parse.ts';
