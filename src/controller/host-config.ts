/** The part of a create request that says how the container is confined, limited and kept. */
import { UserError } from '../base/index.ts';
import type { BlkioConfig, Service } from '../compose/index.ts';
import type { DeviceRequest, HostConfig, Resources, RestartPolicy } from '../engine-api/index.ts';
import { seccompPath } from './file-objects.ts';

/** Everything of `HostConfig` except mounts, networks and `AutoRemove`. @param seccomp  profiles by path, as JSON */
export function hostConfig(service: Service, seccomp: ReadonlyMap<string, string>): HostConfig {
  const host: HostConfig = {
    ...resources(service),
    ReadonlyRootfs: service.read_only ?? false,
    Privileged: service.privileged ?? false,
    RestartPolicy: restartPolicy(service),
    PortBindings: portBindings(service),
    ...securityOptions(service, seccomp),
  };
  if (service.annotations) host.Annotations = { ...service.annotations };
  if (service.cap_add) host.CapAdd = [...service.cap_add];
  if (service.cap_drop) host.CapDrop = [...service.cap_drop];
  if (service.init !== undefined) host.Init = service.init;
  if (service.ipc !== undefined) host.IpcMode = service.ipc;
  if (service.cgroup !== undefined) host.CgroupnsMode = service.cgroup;
  if (service.shm_size !== undefined) host.ShmSize = service.shm_size;
  if (service.sysctls) host.Sysctls = { ...service.sysctls };
  if (service.dns) host.Dns = [...service.dns];
  if (service.dns_opt) host.DnsOptions = [...service.dns_opt];
  if (service.dns_search) host.DnsSearch = [...service.dns_search];
  if (service.extra_hosts) host.ExtraHosts = Object.entries(service.extra_hosts).flatMap(([name, ips]) => ips.map((ip) => `${name}:${ip}`));
  if (service.storage_opt) host.StorageOpt = { ...service.storage_opt };
  if (service.userns_mode !== undefined) host.UsernsMode = service.userns_mode;
  if (service.uts !== undefined) host.UTSMode = service.uts;
  if (service.pid !== undefined) host.PidMode = service.pid;
  if (service.isolation !== undefined) host.Isolation = service.isolation;
  if (service.runtime !== undefined) host.Runtime = service.runtime;
  if (service.group_add) host.GroupAdd = [...service.group_add];
  if (service.oom_score_adj !== undefined) host.OomScoreAdj = service.oom_score_adj;
  if (service.volumes_from) host.VolumesFrom = service.volumes_from.map((source) => source.replace(/^container:/, ''));
  if (service.tmpfs) host.Tmpfs = Object.fromEntries(service.tmpfs.map(splitTmpfs));
  if (service.logging) host.LogConfig = logConfig(service.logging);
  return host;
}

function resources(service: Service): Resources {
  const limits = service.deploy?.resources?.limits;
  const reservations = service.deploy?.resources?.reservations;
  const pids = limits?.pids || service.pids_limit;
  const result: Resources = {
    OomKillDisable: service.oom_kill_disable ?? false,
    Memory: limits?.memory || service.mem_limit || 0,
    MemoryReservation: reservations?.memory || service.mem_reservation || 0,
    MemorySwap: service.memswap_limit ?? 0,
    NanoCpus: Math.round((limits?.cpus || service.cpus || 0) * 1e9),
    ...blkio(service.blkio_config),
  };
  if (service.cgroup_parent !== undefined) result.CgroupParent = service.cgroup_parent;
  if (service.mem_swappiness) result.MemorySwappiness = service.mem_swappiness;
  if (service.cpu_count !== undefined) result.CpuCount = service.cpu_count;
  if (service.cpu_percent !== undefined) result.CpuPercent = Math.round(service.cpu_percent * 100);
  if (service.cpu_period !== undefined) result.CpuPeriod = service.cpu_period;
  if (service.cpu_quota !== undefined) result.CpuQuota = service.cpu_quota;
  if (service.cpu_rt_period !== undefined) result.CpuRealtimePeriod = service.cpu_rt_period;
  if (service.cpu_rt_runtime !== undefined) result.CpuRealtimeRuntime = service.cpu_rt_runtime;
  if (service.cpu_shares !== undefined) result.CpuShares = service.cpu_shares;
  if (service.cpuset !== undefined) result.CpusetCpus = service.cpuset;
  if (service.device_cgroup_rules) result.DeviceCgroupRules = [...service.device_cgroup_rules];
  if (pids) result.PidsLimit = pids;
  if (service.devices) {
    result.Devices = service.devices.map((d) => ({ PathOnHost: d.source, PathInContainer: d.target || d.source, CgroupPermissions: d.permissions || 'rwm' }));
  }
  const requests = deviceRequests(service);
  if (requests.length > 0) result.DeviceRequests = requests;
  const ulimits = Object.entries(service.ulimits ?? {}).map(([Name, u]) => ({ Name, Soft: u.soft, Hard: u.hard }));
  if (ulimits.length > 0) result.Ulimits = ulimits;
  return result;
}

function blkio(config: BlkioConfig | undefined): Resources {
  if (!config) return {};
  const rates = (values: BlkioConfig['device_read_bps']) => values?.map((r) => ({ Path: r.path, Rate: r.rate }));
  const result: Resources = {};
  if (config.weight !== undefined) result.BlkioWeight = config.weight;
  if (config.weight_device) result.BlkioWeightDevice = config.weight_device.map((w) => ({ Path: w.path, Weight: w.weight }));
  const readBps = rates(config.device_read_bps);
  const readIops = rates(config.device_read_iops);
  const writeBps = rates(config.device_write_bps);
  const writeIops = rates(config.device_write_iops);
  if (readBps) result.BlkioDeviceReadBps = readBps;
  if (readIops) result.BlkioDeviceReadIOps = readIops;
  if (writeBps) result.BlkioDeviceWriteBps = writeBps;
  if (writeIops) result.BlkioDeviceWriteIOps = writeIops;
  return result;
}

function deviceRequests(service: Service): DeviceRequest[] {
  const reserved = (service.deploy?.resources?.reservations?.devices ?? []).map((d) => ({ ...d, capabilities: d.capabilities ?? [] }));
  const gpus = (service.gpus ?? []).map((d) => ({ ...d, capabilities: [...(d.capabilities ?? []), 'gpu'] }));
  return [...reserved, ...gpus].map((d) => {
    const request: DeviceRequest = { Capabilities: [[...d.capabilities]], Count: d.count ?? (d.device_ids ? 0 : -1) };
    if (d.device_ids) request.DeviceIDs = [...d.device_ids];
    if (d.driver !== undefined) request.Driver = d.driver;
    if (d.options) request.Options = { ...d.options };
    return request;
  });
}

function restartPolicy(service: Service): RestartPolicy {
  const policy = service.deploy?.restart_policy;
  if (policy) return named(policy.condition ?? '', policy.max_attempts);
  if (service.restart === undefined) return { Name: '', MaximumRetryCount: 0 };
  const [name = '', attempts] = service.restart.split(':');
  return named(name, attempts === undefined ? undefined : Number(attempts));
}

const RESTART_NAMES: Readonly<Record<string, NonNullable<RestartPolicy['Name']>>> = {
  none: 'no',
  no: 'no',
  any: 'always',
  always: 'always',
  'on-failure': 'on-failure',
  'unless-stopped': 'unless-stopped',
};

function named(condition: string, attempts: number | undefined): RestartPolicy {
  // A name that is not in the table is the engine's to refuse, in its own words.
  const name = RESTART_NAMES[condition] ?? (condition as NonNullable<RestartPolicy['Name']>);
  return { Name: name, MaximumRetryCount: name === 'on-failure' && attempts !== undefined && Number.isInteger(attempts) ? attempts : 0 };
}

function portBindings(service: Service): NonNullable<HostConfig['PortBindings']> {
  const bindings: NonNullable<HostConfig['PortBindings']> = {};
  for (const port of service.ports ?? []) {
    (bindings[`${port.target}/${port.protocol}`] ??= []).push({ HostIp: port.host_ip ?? '', HostPort: port.published ?? '' });
  }
  return bindings;
}

/** `systempaths=unconfined` is for the client: it empties the masked and read-only paths. Profiles are sent as JSON. */
function securityOptions(service: Service, seccomp: ReadonlyMap<string, string>): HostConfig {
  if (!service.security_opt) return {};
  const unconfined = service.security_opt.includes('systempaths=unconfined');
  const options = service.security_opt
    .filter((option) => option !== 'systempaths=unconfined')
    .map((option) => {
      if (!/[=:]/.test(option) && option !== 'no-new-privileges') {
        throw new UserError(`services.${service.name}.security_opt: invalid option "${option}"`, { code: 'securityOpt.invalid' });
      }
      const path = seccompPath(option);
      const profile = path === undefined ? undefined : seccomp.get(path);
      return profile === undefined ? option : `seccomp=${profile}`;
    });
  return { SecurityOpt: options, ...(unconfined && { MaskedPaths: [], ReadonlyPaths: [] }) };
}

function splitTmpfs(entry: string): [string, string] {
  const colon = entry.indexOf(':');
  return colon < 0 ? [entry, ''] : [entry.slice(0, colon), entry.slice(colon + 1)];
}

function logConfig(logging: NonNullable<Service['logging']>): NonNullable<HostConfig['LogConfig']> {
  const Config = Object.fromEntries(Object.entries(logging.options ?? {}).map(([key, value]) => [key, value ?? '']));
  return { ...(logging.driver !== undefined && { Type: logging.driver }), Config };
}
