/** Commands that show something and change nothing. */
import { flag, integer, list, value, type CommandSpec, type OptionSpec } from '../command-spec.ts';

const index: OptionSpec = integer('--index <N>', 'Which container of a service with several replicas');
const format = (text: string): OptionSpec => value('--format <FORMAT>', text, { completes: 'nothing' });
const noTrunc: OptionSpec = flag('--no-trunc', 'Do not shorten anything');

export const lookCommands: readonly CommandSpec[] = [
  {
    name: 'ps',
    group: 'Look',
    summary: 'List containers',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/ps.ts'),
    options: () => [
      flag('-a, --all', 'Stopped containers and those of "run" too'),
      flag('-q, --quiet', 'Only ids'),
      flag('--services', 'Only names of services'),
      list('--status <STATUS>', 'Only these: paused, restarting, removing, running, dead, created, exited', { completes: 'nothing' }),
      list('--filter <FILTER>', 'status=STATE', { completes: 'nothing' }),
      format('table, json, or a Go template such as "{{.Name}}\\t{{.State}}"'),
      noTrunc,
      flag('--orphans', 'Containers of services that the file does not have (default: true)'),
    ],
  },
  {
    name: 'logs',
    group: 'Look',
    summary: 'Show output of services',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/logs.ts'),
    options: () => [
      flag('-f, --follow', 'Go on as output comes'),
      value('-n, --tail <LINES>', 'Lines from the end of each container, or "all"', { completes: 'nothing' }),
      flag('-t, --timestamps', 'Show timestamps'),
      value('--since <TIME>', 'From a time (2026-01-02T13:23:37Z) or an age (42m)', { completes: 'nothing' }),
      value('--until <TIME>', 'Up to a time or an age', { completes: 'nothing' }),
      index,
      flag('--no-color', 'Plain output'),
      flag('--no-log-prefix', 'Output without the container in front'),
    ],
  },
  {
    name: 'ls',
    group: 'Look',
    summary: 'List projects that have containers',
    load: () => import('../commands/ls.ts'),
    options: () => [
      flag('-a, --all', 'Stopped projects too'),
      list('--filter <FILTER>', 'name=REGEX', { completes: 'nothing' }),
      format('table or json'),
      flag('-q, --quiet', 'Only names'),
    ],
  },
  {
    name: 'top',
    group: 'Look',
    summary: 'Show processes',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/top.ts'),
  },
  {
    name: 'stats',
    group: 'Look',
    summary: 'Show use of resources, live',
    args: '[SERVICE]',
    completes: 'service',
    load: () => import('../commands/stats.ts'),
    options: () => [
      flag('-a, --all', 'Stopped containers too'),
      format('table, json, or a Go template'),
      flag('--no-stream', 'One look, then end'),
      noTrunc,
    ],
  },
  {
    name: 'events',
    group: 'Look',
    summary: 'Show what happens, as it happens',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/events.ts'),
    options: () => [
      flag('--json', 'One JSON object a line'),
      value('--since <TIME>', 'From a time or an age', { completes: 'nothing' }),
      value('--until <TIME>', 'Up to a time or an age', { completes: 'nothing' }),
    ],
  },
  {
    name: 'images',
    group: 'Look',
    summary: 'List images that containers were made from',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/images.ts'),
    options: () => [format('table or json'), flag('-q, --quiet', 'Only ids')],
  },
  {
    name: 'volumes',
    group: 'Look',
    summary: 'List volumes',
    args: '[SERVICE...]',
    completes: 'service',
    load: () => import('../commands/volumes.ts'),
    options: () => [format('table, json, or a Go template'), flag('-q, --quiet', 'Only names')],
  },
  {
    name: 'port',
    group: 'Look',
    summary: 'Show the public address of a port',
    args: '<SERVICE> <PRIVATE_PORT>',
    completes: 'service',
    load: () => import('../commands/port.ts'),
    options: () => [index, value('--protocol <PROTOCOL>', 'tcp or udp (default: tcp)', { completes: 'nothing' })],
  },
];
