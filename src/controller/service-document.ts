/**
 * A service as docker compose 2.26 (compose-go v2.4) serialises it before it hashes it: the order of the fields, which empty
 * values are left out, sizes as strings and durations in Go's notation all count, since the digest is over the bytes.
 * Verified against `docker compose config --hash` by a differential test. Attributes that this release does not know
 * (`models`, `pre_start`, ...) follow at the end: it could not have made such a container.
 */
import { formatDuration } from '../base/index.ts';
import type {
  BlkioConfig,
  Deploy,
  DeviceRequest,
  FileMount,
  HealthCheck,
  Hook,
  PortMapping,
  ResourceLimits,
  ResourceReservations,
  Service,
  ServiceNetwork,
  UpdateConfig,
  VolumeMount,
  WatchRule,
} from '../compose/index.ts';

/** Objects keep the order of their entries; a `ReadonlyMap` is written with sorted keys. */
export type Json = null | boolean | number | string | Raw | readonly Json[] | ReadonlyMap<string, Json> | { readonly [key: string]: Json | undefined };
/** A number that is already written. */
class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Mapping = Readonly<Record<string, string | null>>;

/** How each attribute is written, in compose-go's order; `undefined` leaves it out. Attributes that are not here do not count. */
const FIELDS: { readonly [K in keyof Service]?: (value: Exclude<Service[K], undefined>) => Json | undefined } = {
  profiles: list,
  annotations: map,
  attach: same,
  develop: (develop) => ({ watch: list(develop.watch?.map(watchRule)) }),
  blkio_config: blkio,
  cap_add: list,
  cap_drop: list,
  cgroup_parent: text,
  cgroup: text,
  cpu_count: number,
  cpu_percent: float,
  cpu_period: number,
  cpu_quota: number,
  cpu_rt_period: number,
  cpu_rt_runtime: number,
  cpus: float,
  cpuset: text,
  cpu_shares: number,
  command: same,
  configs: (mounts) => list(mounts.map(fileMount)),
  container_name: text,
  credential_spec: (spec) => ({ config: text(spec.config), file: text(spec.file), registry: text(spec.registry) }),
  depends_on: (all) => mapOf(all, (on) => ({ condition: text(on.condition), restart: flag(on.restart), required: on.required })),
  deploy,
  device_cgroup_rules: list,
  devices: (devices) => list(devices.map((d) => ({ source: text(d.source), target: text(d.target), permissions: text(d.permissions) }))),
  dns: list,
  dns_opt: list,
  dns_search: list,
  domainname: text,
  entrypoint: same,
  environment: map,
  env_file: (files) => list(files.map((f) => (f.required ? f.path : { path: text(f.path), required: false, format: text(f.format) }))),
  expose: list,
  external_links: list,
  extra_hosts: (hosts) => list(Object.entries(hosts).flatMap(([host, ips]) => ips.map((ip) => `${host}=${ip}`)).sort()),
  group_add: list,
  gpus: (gpus) => list(gpus.map(deviceRequest)),
  hostname: text,
  healthcheck: healthCheck,
  image: text,
  init: same,
  ipc: text,
  isolation: text,
  labels: map,
  links: list,
  logging: (logging) => ({ driver: text(logging.driver), options: map(logging.options) }),
  mem_limit: bytes,
  mem_reservation: bytes,
  memswap_limit: bytes,
  mem_swappiness: bytes,
  mac_address: text,
  network_mode: text,
  networks: (networks) => mapOf(networks, (n) => n && serviceNetwork(n)),
  oom_kill_disable: flag,
  oom_score_adj: number,
  pid: text,
  pids_limit: number,
  platform: text,
  ports: (ports) => list(ports.map(portMapping)),
  privileged: flag,
  read_only: flag,
  restart: text,
  runtime: text,
  secrets: (mounts) => list(mounts.map(fileMount)),
  security_opt: list,
  shm_size: bytes,
  stdin_open: flag,
  stop_grace_period: duration,
  stop_signal: text,
  storage_opt: map,
  sysctls: map,
  tmpfs: list,
  tty: flag,
  ulimits: (all) => mapOf(all, (u) => (u.single && u.soft !== 0 ? u.soft : { soft: number(u.soft), hard: number(u.hard) })),
  user: text,
  userns_mode: text,
  uts: text,
  volumes: (mounts) => list(mounts.map(volumeMount)),
  volumes_from: list,
  working_dir: text,
  post_start: (hooks) => list(hooks.map(hook)),
  pre_stop: (hooks) => list(hooks.map(hook)),
  // From here on: what compose-go v2.4 does not know.
  pre_start: (hooks) => list(hooks.map((h) => ({ ...(hook(h) as object), image: text(h.image), per_replica: flag(h.per_replica) }))),
  models: (models) => mapOf(models, (m) => m && { endpoint_var: text(m.endpoint_var), model_var: text(m.model_var) }),
  provider: (provider) => ({ type: provider.type, options: mapOf(provider.options, (values) => [...values]) }),
  use_api_socket: flag,
};

type Write = (value: unknown) => Json | undefined;
/** Place and writer of each attribute. */
const PLACES: ReadonlyMap<string, { readonly place: number; readonly write: Write }> = new Map(
  Object.entries(FIELDS).map(([key, write], place) => [key, { place, write: write as Write }]),
);

/**
 * The fields that count for the config hash. Everything about building, pulling and scaling is left out.
 * @param options.envFiles  keep `env_file`; by default it is gone, because `environment` contains what the files gave
 */
export function serviceDocument(service: Service, options: { readonly envFiles?: boolean } = {}): Json {
  // A service has a few of the hundred attributes: sorting those is quicker than asking for each.
  const present: { key: string; place: number; json: Json }[] = [];
  for (const key in service) {
    const field = PLACES.get(key);
    const value = field && service[key as keyof Service];
    if (!field || value === undefined || (key === 'env_file' && !options.envFiles)) continue;
    const json = field.write(value);
    if (json !== undefined) present.push({ key, place: field.place, json });
  }
  present.sort((a, b) => a.place - b.place);
  const document: Record<string, Json> = {};
  for (const { key, json } of present) document[key] = json;
  return document;
}

/** Go's `encoding/json`: no blanks, `<`, `>`, `&` and two line separators escaped. */
export function goJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return goString(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map((item: Json) => goJson(item)).join(',')}]`;
  const entries: [string, Json][] = [];
  if (value instanceof Map) {
    for (const key of [...value.keys()].sort()) entries.push([key, value.get(key) ?? null]);
  } else {
    for (const [key, item] of Object.entries(value as Record<string, Json | undefined>)) if (item !== undefined) entries.push([key, item]);
  }
  return `{${entries.map(([key, item]) => `${goString(key)}:${goJson(item)}`).join(',')}}`;
}

function goString(value: string): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Values that Go leaves out when empty ("omitempty").

function same<T extends Json>(value: T): T {
  return value;
}
function text(value: string | undefined): Json | undefined {
  return value ? value : undefined;
}
function number(value: number | undefined): Json | undefined {
  return value ? value : undefined;
}
function flag(value: boolean | undefined): Json | undefined {
  return value ? true : undefined;
}
function bytes(value: number | undefined): Json | undefined {
  return value ? String(value) : undefined;
}
function list(value: readonly Json[] | undefined): Json | undefined {
  return value && value.length > 0 ? value : undefined;
}
function duration(ns: number | undefined): Json | undefined {
  return ns === undefined ? undefined : formatDuration(ns);
}
function nonZeroDuration(ns: number | undefined): Json | undefined {
  return ns ? formatDuration(ns) : undefined;
}

function map(value: Mapping | undefined): Json | undefined {
  return mapOf(value, (item) => item);
}

function mapOf<T>(value: Readonly<Record<string, T>> | undefined, convert: (item: T) => Json): Json | undefined {
  const entries = Object.entries(value ?? {});
  return entries.length === 0 ? undefined : new Map(entries.map(([key, item]) => [key, convert(item)]));
}

/** The shortest decimal that is the same 32-bit float, as Go writes its float32. */
function float(value: number | undefined): Json | undefined {
  if (!value) return undefined;
  const single = Math.fround(value);
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(single.toPrecision(digits));
    if (Math.fround(candidate) === single) return new Raw(String(candidate));
  }
  return new Raw(String(single));
}

function watchRule(rule: WatchRule): Json {
  return { path: rule.path, action: rule.action, target: text(rule.target), exec: hook(rule.exec), ignore: list(rule.ignore), include: list(rule.include), initial_sync: flag(rule.initial_sync) };
}

function portMapping(p: PortMapping): Json {
  return { name: text(p.name), mode: text(p.mode), host_ip: text(p.host_ip), target: number(p.target), published: text(p.published), protocol: text(p.protocol), app_protocol: text(p.app_protocol) };
}

function serviceNetwork(n: ServiceNetwork): Json {
  return {
    priority: number(n.priority),
    gw_priority: number(n.gw_priority),
    aliases: list(n.aliases),
    ipv4_address: text(n.ipv4_address),
    ipv6_address: text(n.ipv6_address),
    link_local_ips: list(n.link_local_ips),
    mac_address: text(n.mac_address),
    driver_opts: map(n.driver_opts),
    interface_name: text(n.interface_name),
  };
}

function fileMount(f: FileMount): Json {
  return { source: text(f.source), target: text(f.target), uid: text(f.uid), gid: text(f.gid), mode: f.mode };
}

function hook(h: Hook | undefined): Json {
  if (!h) return { command: null };
  return { command: h.command, user: text(h.user), privileged: flag(h.privileged), working_dir: text(h.working_dir), environment: map(h.environment) };
}

function blkio(b: BlkioConfig): Json {
  const rates = (values: BlkioConfig['device_read_bps']) => list(values?.map((r) => ({ Path: r.path, Rate: String(r.rate) })));
  return {
    weight: number(b.weight),
    weight_device: list(b.weight_device?.map((w) => ({ Path: w.path, Weight: w.weight }))),
    device_read_bps: rates(b.device_read_bps),
    device_read_iops: rates(b.device_read_iops),
    device_write_bps: rates(b.device_write_bps),
    device_write_iops: rates(b.device_write_iops),
  };
}

function healthCheck(h: HealthCheck): Json {
  return { test: list(h.test), timeout: duration(h.timeout), interval: duration(h.interval), retries: h.retries, start_period: duration(h.start_period), start_interval: duration(h.start_interval), disable: flag(h.disable) };
}

function deviceRequest(d: DeviceRequest): Json {
  return { capabilities: list(d.capabilities), driver: text(d.driver), count: number(d.count), device_ids: list(d.device_ids), options: map(d.options) };
}

function deploy(d: Deploy): Json {
  const update = (u: UpdateConfig | undefined): Json | undefined =>
    u && { parallelism: u.parallelism, delay: nonZeroDuration(u.delay), failure_action: text(u.failure_action), monitor: nonZeroDuration(u.monitor), max_failure_ratio: float(u.max_failure_ratio), order: text(u.order) };
  const policy = d.restart_policy;
  return {
    mode: text(d.mode),
    labels: map(d.labels),
    update_config: update(d.update_config),
    rollback_config: update(d.rollback_config),
    resources: { limits: d.resources?.limits && resource(d.resources.limits), reservations: d.resources?.reservations && resource(d.resources.reservations) },
    restart_policy: policy && { condition: text(policy.condition), delay: duration(policy.delay), max_attempts: policy.max_attempts, window: duration(policy.window) },
    placement: {
      constraints: list(d.placement?.constraints),
      preferences: list(d.placement?.preferences?.map((p) => ({ spread: text(p.spread) }))),
      max_replicas_per_node: number(d.placement?.max_replicas_per_node),
    },
    endpoint_mode: text(d.endpoint_mode),
  };
}

function resource(r: ResourceLimits & ResourceReservations): Json {
  return {
    cpus: float(r.cpus),
    memory: bytes(r.memory),
    pids: number(r.pids),
    devices: list(r.devices?.map(deviceRequest)),
    generic_resources: list(r.generic_resources?.map((g) => ({ discrete_resource_spec: g.discrete_resource_spec && { kind: g.discrete_resource_spec.kind ?? '', value: g.discrete_resource_spec.value ?? 0 } }))),
  };
}

function volumeMount(v: VolumeMount): Json {
  return {
    type: text(v.type),
    source: text(v.source),
    target: text(v.target),
    read_only: flag(v.read_only),
    consistency: text(v.consistency),
    bind: v.bind && { selinux: text(v.bind.selinux), propagation: text(v.bind.propagation), create_host_path: flag(v.bind.create_host_path), recursive: text(v.bind.recursive) },
    volume: v.volume && { nocopy: flag(v.volume.nocopy), subpath: text(v.volume.subpath), labels: map(v.volume.labels) },
    tmpfs: v.tmpfs && { size: bytes(v.tmpfs.size), mode: number(v.tmpfs.mode) },
    image: v.image && { subpath: text(v.image.subpath) },
  };
}
