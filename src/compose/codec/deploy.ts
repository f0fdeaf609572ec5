import type {
  BlkioConfig,
  BlkioRate,
  Deploy,
  DeviceRequest,
  GenericResource,
  HealthCheck,
  Placement,
  ResourceLimits,
  ResourceReservations,
  Resources,
  RestartPolicy,
  UpdateConfig,
} from '../project.ts';
import type { Codec } from './codec.ts';
import { labels, list, strings } from './collections.ts';
import { object } from './object.ts';
import { count, duration, explicitCount, explicitDuration, explicitInteger, explicitSize, flag, float, integer, size, text } from './scalars.ts';
import { deviceCount } from './values.ts';

/** A string that is printed even when it is empty. */
const anyText: Codec<string> = { decode: text.decode, print: (value) => value };

export const deviceRequest = object<DeviceRequest>({ capabilities: strings, driver: text, count: deviceCount, device_ids: strings, options: labels });

const updateConfig = object<UpdateConfig>({
  parallelism: explicitCount,
  delay: duration,
  failure_action: text,
  monitor: duration,
  max_failure_ratio: float,
  order: text,
});

const restartPolicy = object<RestartPolicy>({
  condition: text,
  delay: explicitDuration,
  max_attempts: explicitCount,
  window: explicitDuration,
});

const limits = object<ResourceLimits>({ cpus: float, memory: size, pids: integer });

const genericResource = object<GenericResource>({
  discrete_resource_spec: object<GenericResource['discrete_resource_spec']>({
    kind: anyText,
    value: explicitInteger,
  }),
});

const reservations = object<ResourceReservations>({
  cpus: float,
  memory: size,
  devices: list(deviceRequest),
  generic_resources: list(genericResource),
});

const resources = object<Resources>({ limits, reservations });

const placement = object<Placement>({
  constraints: strings,
  preferences: list(object<{ spread: string }>({ spread: text })),
  max_replicas_per_node: count,
});

const fields = object<Deploy>({
  mode: text,
  replicas: explicitInteger,
  labels,
  update_config: updateConfig,
  rollback_config: updateConfig,
  resources,
  restart_policy: restartPolicy,
  placement,
  endpoint_mode: text,
});

/** JSON has `resources` and `placement` even when they are empty; YAML leaves them out. */
export const deploy: Codec<Deploy> = {
  decode: fields.decode,
  print(value, printing) {
    if (printing.format === 'json') return fields.print({ ...value, resources: value.resources ?? {}, placement: value.placement ?? {} }, printing);
    const { resources: r, placement: p, ...rest } = value;
    const given = { ...(r && Object.keys(r).length > 0 && { resources: r }), ...(p && Object.keys(p).length > 0 && { placement: p }) };
    return fields.print({ ...rest, ...given }, printing);
  },
};

export const healthCheck = object<HealthCheck>({
  test: {
    decode: (node, context) => (node.kind === 'scalar' && node.type === 'str' ? ['CMD-SHELL', node.text] : strings.decode(node, context)),
    print: strings.print,
  },
  timeout: explicitDuration,
  interval: explicitDuration,
  retries: explicitCount,
  start_period: explicitDuration,
  start_interval: explicitDuration,
  disable: flag,
});

/** A limit for one device. Docker Compose spells its keys with capitals in JSON, which its own reader does not take back. */
const rate: Codec<BlkioRate> = withDefaults(
  object<BlkioRate>({ path: anyText, rate: explicitSize }, { jsonKeys: { path: 'Path', rate: 'Rate' } }),
  { path: '', rate: 0 },
);
type Weight = NonNullable<BlkioConfig['weight_device']>[number];
const weight: Codec<Weight> = withDefaults(
  object<Weight>({ path: anyText, weight: explicitCount }, { jsonKeys: { path: 'Path', weight: 'Weight' } }),
  { path: '', weight: 0 },
);

function withDefaults<T>(codec: Codec<T>, defaults: T): Codec<T> {
  return {
    decode(node, context) {
      const value = codec.decode(node, context);
      return value && { ...defaults, ...value };
    },
    print: codec.print,
  };
}

export const blkio = object<BlkioConfig>({
  weight: count,
  weight_device: list(weight),
  device_read_bps: list(rate),
  device_read_iops: list(rate),
  device_write_bps: list(rate),
  device_write_iops: list(rate),
});
