/**
 * What a string becomes where a number or a boolean is expected. Interpolation always gives strings, so this is how
 * `replicas: ${N}` gets its number; quoted numbers are cast as well.
 */
import { parseBoolean, parseDuration, parseFloat64, parseInteger, roundToFloat32 } from './go-values.ts';
import { compileRules } from './rules.ts';
import { ScalarNode } from './tree.ts';

export interface Cast {
  /** What is expected, for a sentence: "an integer". */
  readonly expected: string;
  /** The typed scalar in the place of `node`, or undefined when the text does not fit. */
  apply(text: string, node: ScalarNode): ScalarNode | undefined;
}

function cast(expected: string, type: 'int' | 'float' | 'bool', parse: (text: string) => number | boolean | undefined): Cast {
  return {
    expected,
    apply(text, node) {
      const value = parse(text);
      if (value === undefined) return undefined;
      const typed = new ScalarNode(node.source, node.start, node.end, type, value, text, node.style);
      typed.trail = node.trail;
      return typed;
    },
  };
}

const integer = cast('an integer', 'int', parseInteger);
/** Microseconds; the specification also allows a duration. */
const microseconds = cast('a number of microseconds or a duration', 'int', (text) => {
  const ns = parseInteger(text) === undefined ? parseDuration(text) : undefined;
  return ns === undefined ? parseInteger(text) : Math.trunc(ns / 1000);
});
const float = cast('a number', 'float', parseFloat64);
const float32 = cast('a number', 'float', (text) => {
  const value = parseFloat64(text);
  return value === undefined ? undefined : roundToFloat32(value);
});
const boolean = cast('a boolean', 'bool', parseBoolean);

/** By path. A path that is not here keeps its string. */
export const CASTS = compileRules<Cast>({
  'services.*.configs[].mode': integer,
  'services.*.cpu_count': integer,
  'services.*.cpu_percent': float,
  'services.*.cpu_period': integer,
  'services.*.cpu_quota': integer,
  'services.*.cpu_rt_period': microseconds,
  'services.*.cpu_rt_runtime': microseconds,
  'services.*.cpus': float32,
  'services.*.cpu_shares': integer,
  'services.*.init': boolean,
  'services.*.deploy.replicas': integer,
  'services.*.deploy.update_config.parallelism': integer,
  'services.*.deploy.update_config.max_failure_ratio': float,
  'services.*.deploy.rollback_config.parallelism': integer,
  'services.*.deploy.rollback_config.max_failure_ratio': float,
  'services.*.deploy.restart_policy.max_attempts': integer,
  'services.*.deploy.placement.max_replicas_per_node': integer,
  'services.*.healthcheck.retries': integer,
  'services.*.healthcheck.disable': boolean,
  'services.*.oom_kill_disable': boolean,
  'services.*.oom_score_adj': integer,
  'services.*.pids_limit': integer,
  'services.*.ports[].target': integer,
  'services.*.privileged': boolean,
  'services.*.read_only': boolean,
  'services.*.scale': integer,
  'services.*.secrets[].mode': integer,
  'services.*.stdin_open': boolean,
  'services.*.tty': boolean,
  'services.*.ulimits.*': integer,
  'services.*.ulimits.*.hard': integer,
  'services.*.ulimits.*.soft': integer,
  'services.*.volumes[].read_only': boolean,
  'services.*.volumes[].volume.nocopy': boolean,
  'networks.*.external': boolean,
  'networks.*.internal': boolean,
  'networks.*.attachable': boolean,
  'networks.*.enable_ipv4': boolean,
  'networks.*.enable_ipv6': boolean,
  'volumes.*.external': boolean,
  'secrets.*.external': boolean,
  'configs.*.external': boolean,
});
