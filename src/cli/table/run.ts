/** Commands that start and stop services. */
import { flag, integer, list, value, type CommandSpec, type OptionSpec } from '../command-spec.ts';

const service = { completes: 'service' } as const;
export const timeout: OptionSpec = integer('-t, --timeout <SECONDS>', 'Grace period before containers are killed');
const wait: readonly OptionSpec[] = [
  flag('--wait', 'Wait until services are running or healthy'),
  integer('--wait-timeout <SECONDS>', 'How long --wait waits at most'),
];
const recreate: readonly OptionSpec[] = [
  flag('--force-recreate', 'Recreate containers even if nothing changed'),
  flag('--no-recreate', 'Leave existing containers as they are'),
];
const build: readonly OptionSpec[] = [
  flag('--build', 'Build images first'),
  flag('--no-build', 'Never build an image'),
];
const pull: readonly OptionSpec[] = [
  value('--pull <POLICY>', 'Pull images: always, missing, never, build, policy', { completes: 'nothing' }),
  flag('--quiet-pull', 'Pull without progress'),
];
const scale: OptionSpec = list('--scale <SERVICE=NUM>', 'Number of replicas of a service', { completes: 'nothing' });
const orphans: OptionSpec = flag('--remove-orphans', 'Remove containers of services that the file does not have');
const yes: OptionSpec = flag('-y, --yes', 'Answer every question with yes');

/** What `up`, `create` and `plan` share. */
export const upOptions: readonly OptionSpec[] = [
  ...build,
  ...pull,
  ...recreate,
  flag('--always-recreate-deps', 'Recreate dependencies too'),
  flag('--no-deps', 'Leave dependencies alone'),
  orphans,
  flag('-V, --renew-anon-volumes', 'New anonymous volumes instead of those of the container before'),
  scale,
  timeout,
];

export const runCommands: readonly CommandSpec[] = [
  {
    name: 'up',
    group: 'Run',
    summary: 'Create and start services',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/up.ts'),
    options: () => [
      flag('-d, --detach', 'Return when everything has started'),
      ...upOptions,
      ...wait,
      flag('--no-start', 'Create, but do not start'),
      flag('--abort-on-container-exit', 'Stop everything when one container stops'),
      flag('--abort-on-container-failure', 'Stop everything when one container fails'),
      value('--exit-code-from <SERVICE>', 'Exit with the code of this service; implies --abort-on-container-exit', service),
      list('--attach <SERVICE>', 'Show output of these services only', service),
      list('--no-attach <SERVICE>', 'Do not show output of these services', service),
      flag('--attach-dependencies', 'Show output of dependencies too'),
      flag('--timestamps', 'Show timestamps'),
      flag('--no-color', 'Plain output'),
      flag('--no-log-prefix', 'Output without the container in front'),
      flag('-w, --watch', 'Watch sources and update services when they change'),
      flag('--quiet-build', 'Build without output'),
      flag('--menu', 'Keys while attached: d detaches, w watches'),
      yes,
    ],
  },
  {
    name: 'down',
    group: 'Run',
    summary: 'Stop and remove containers and networks',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/down.ts'),
    options: () => [
      flag('-v, --volumes', 'Remove named volumes of the file and anonymous volumes'),
      value('--rmi <WHICH>', 'Remove images: "local" (without a name in the file) or "all"', { completes: 'nothing' }),
      orphans,
      timeout,
    ],
  },
  {
    name: 'create',
    group: 'Run',
    summary: 'Create containers without starting them',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/create.ts'),
    options: () => [...build, ...pull, ...recreate, orphans, scale, yes],
  },
  {
    name: 'start',
    group: 'Run',
    summary: 'Start services that were created or stopped',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/lifecycle.ts').then((module) => ({ run: module.start })),
    options: () => wait,
  },
  {
    name: 'stop',
    group: 'Run',
    summary: 'Stop services',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/lifecycle.ts').then((module) => ({ run: module.stop })),
    options: () => [timeout],
  },
  {
    name: 'restart',
    group: 'Run',
    summary: 'Restart services',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/lifecycle.ts').then((module) => ({ run: module.restart })),
    options: () => [timeout, flag('--no-deps', 'Leave dependent services alone')],
  },
  {
    name: 'kill',
    group: 'Run',
    summary: 'Send a signal to services, by default SIGKILL',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/lifecycle.ts').then((module) => ({ run: module.kill })),
    options: () => [value('-s, --signal <SIGNAL>', 'Signal to send (default: SIGKILL)', { completes: 'nothing' }), orphans],
  },
  {
    name: 'pause',
    group: 'Run',
    summary: 'Freeze services',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/lifecycle.ts').then((module) => ({ run: module.pause })),
  },
  {
    name: 'unpause',
    group: 'Run',
    summary: 'Let frozen services go on',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/lifecycle.ts').then((module) => ({ run: module.unpause })),
  },
  {
    name: 'rm',
    group: 'Run',
    summary: 'Remove stopped containers',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/rm.ts'),
    options: () => [
      flag('-f, --force', 'Do not ask'),
      flag('-s, --stop', 'Stop them first'),
      flag('-v, --volumes', 'Remove anonymous volumes too'),
      flag('-a, --all', 'Obsolete, does nothing', { hidden: true }),
      timeout,
    ],
  },
  {
    name: 'scale',
    group: 'Run',
    summary: 'Change the number of replicas',
    args: '<SERVICE=REPLICAS...>',
    load: () => import('../commands/scale.ts'),
    options: () => [flag('--no-deps', 'Leave dependencies alone')],
  },
  {
    name: 'wait',
    group: 'Run',
    summary: 'Wait until services stop; exit with their exit code',
    args: '<SERVICE...>',
    completes: 'service',
    load: () => import('../commands/wait.ts'),
    options: () => [flag('--down-project', 'Take the project down when the first container stops')],
  },
];
