/**
 * A service as docker compose 2.26 (compose-go v2.4) serialises it before it hashes it: the order of the fields, which empty
 * values are left out, sizes as strings and durations in Go's notation all count, since the digest is over the bytes.
 * Verified against `docker compose config --hash` by a differential test. Attributes that this release does not know
 * (`models`, `pre_start`, ...) follow at the end: it could not have made such a container.
 */
import { formatDuration } from '../base/index.ts';
import type { BlkioConfig, Deploy, DeviceRequest, FileMount, HealthCheck, Hook, ResourceLimits, ResourceReservations, Service, UpdateConfig, VolumeMount } from '../compose/index.ts';

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

/**
 * The fields that count for the config hash. Everything about building, pulling and scaling is left out.
 * @param options.envFiles  keep `env_file`; by default it is gone, because `environment` contains what the files gave
 */
export function serviceDocument(service: Service, options: { readonly envFiles?: boolean } = {}): Json {
  const s = service;
  return {
    profiles: list(s.profiles),
    annotations: map(s.annotations),
    attach: s.attach,
    develop: s.develop && { watch: list(s.develop.watch?.map((rule) => ({ path: rule.path, action: rule.action, target: text(rule.target), exec: hook(rule.exec), ignore: list(rule.ignore), include: list(rule.include), initial_sync: flag(rule.initial_sync) }))) },
    blkio_config: s.blkio_config && blkio(s.blkio_config),
    cap_add: list(s.cap_add),
    cap_drop: list(s.cap_drop),
    cgroup_parent: text(s.cgroup_parent),
    cgroup: text(s.cgroup),
    cpu_count: number(s.cpu_count),
    cpu_percent: float(s.cpu_percent),
    cpu_period: number(s.cpu_period),
    cpu_quota: number(s.cpu_quota),
    cpu_rt_period: number(s.cpu_rt_period),
    cpu_rt_runtime: number(s.cpu_rt_runtime),
    cpus: float(s.cpus),
    cpuset: text(s.cpuset),
    cpu_shares: number(s.cpu_shares),
    command: s.command,
    configs: list(s.configs?.map(fileMount)),
    container_name: text(s.container_name),
    credential_spec: s.credential_spec && { config: text(s.credential_spec.config), file: text(s.credential_spec.file), registry: text(s.credential_spec.registry) },
    depends_on: mapOf(s.depends_on, (on) => ({ condition: text(on.condition), restart: flag(on.restart), required: on.required })),
    deploy: s.deploy && deploy(s.deploy),
    device_cgroup_rules: list(s.device_cgroup_rules),
    devices: list(s.devices?.map((d) => ({ source: text(d.source), target: text(d.target), permissions: text(d.permissions) }))),
    dns: list(s.dns),
    dns_opt: list(s.dns_opt),
    dns_search: list(s.dns_search),
    domainname: text(s.domainname),
    entrypoint: s.entrypoint,
    environment: map(s.environment),
    env_file: options.envFiles ? list(s.env_file?.map((f) => (f.required ? f.path : { path: text(f.path), required: false, format: text(f.format) }))) : undefined,
    expose: list(s.expose),
    external_links: list(s.external_links),
    extra_hosts: list(Object.entries(s.extra_hosts ?? {}).flatMap(([host, ips]) => ips.map((ip) => `${host}=${ip}`)).sort()),
    group_add: list(s.group_add),
    gpus: list(s.gpus?.map(deviceRequest)),
    hostname: text(s.hostname),
    healthcheck: s.healthcheck && healthCheck(s.healthcheck),
    image: text(s.image),
    init: s.init,
    ipc: text(s.ipc),
    isolation: text(s.isolation),
    labels: map(s.labels),
    links: list(s.links),
    logging: s.logging && { driver: text(s.logging.driver), options: map(s.logging.options, '') },
    mem_limit: bytes(s.mem_limit),
    mem_reservation: bytes(s.mem_reservation),
    memswap_limit: bytes(s.memswap_limit),
    mem_swappiness: bytes(s.mem_swappiness),
    mac_address: text(s.mac_address),
    network_mode: text(s.network_mode),
    networks: mapOf(s.networks, (n) => n && { priority: number(n.priority), gw_priority: number(n.gw_priority), aliases: list(n.aliases), ipv4_address: text(n.ipv4_address), ipv6_address: text(n.ipv6_address), link_local_ips: list(n.link_local_ips), mac_address: text(n.mac_address), driver_opts: map(n.driver_opts), interface_name: text(n.interface_name) }),
    oom_kill_disable: flag(s.oom_kill_disable),
    oom_score_adj: number(s.oom_score_adj),
    pid: text(s.pid),
    pids_limit: number(s.pids_limit),
    platform: text(s.platform),
    ports: list(s.ports?.map((p) => ({ name: text(p.name), mode: text(p.mode), host_ip: text(p.host_ip), target: number(p.target), published: text(p.published), protocol: text(p.protocol), app_protocol: text(p.app_protocol) }))),
    privileged: flag(s.privileged),
    read_only: flag(s.read_only),
    restart: text(s.restart),
    runtime: text(s.runtime),
    secrets: list(s.secrets?.map(fileMount)),
    security_opt: list(s.security_opt),
    shm_size: bytes(s.shm_size),
    stdin_open: flag(s.stdin_open),
    stop_grace_period: duration(s.stop_grace_period),
    stop_signal: text(s.stop_signal),
    storage_opt: map(s.storage_opt),
    sysctls: map(s.sysctls),
    tmpfs: list(s.tmpfs),
    tty: flag(s.tty),
    ulimits: mapOf(s.ulimits, (u) => (u.single && u.soft !== 0 ? u.soft : { soft: number(u.soft), hard: number(u.hard) })),
    user: text(s.user),
    userns_mode: text(s.userns_mode),
    uts: text(s.uts),
    volumes: list(s.volumes?.map(volumeMount)),
    volumes_from: list(s.volumes_from),
    working_dir: text(s.working_dir),
    post_start: list(s.post_start?.map(hook)),
    pre_stop: list(s.pre_stop?.map(hook)),
    pre_start: list(s.pre_start?.map((h) => ({ ...(hook(h) as object), image: text(h.image), per_replica: flag(h.per_replica) }))),
    models: mapOf(s.models, (m) => m && { endpoint_var: text(m.endpoint_var), model_var: text(m.model_var) }),
    provider: s.provider && { type: s.provider.type, options: mapOf(s.provider.options, (values) => [...values]) },
    use_api_socket: flag(s.use_api_socket),
  };
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
const text = (value: string | undefined) => (value ? value : undefined);
const number = (value: number | undefined) => (value ? value : undefined);
const flag = (value: boolean | undefined) => (value ? true : undefined);
const bytes = (value: number | undefined) => (value ? String(value) : undefined);
const list = (value: readonly Json[] | undefined) => (value && value.length > 0 ? value : undefined);
const duration = (ns: number | undefined) => (ns === undefined ? undefined : formatDuration(ns));
const nonZeroDuration = (ns: number | undefined) => (ns ? formatDuration(ns) : undefined);

function map(value: Mapping | undefined, forNull: string | null = null): Json | undefined {
  return mapOf(value, (item) => item ?? forNull);
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
