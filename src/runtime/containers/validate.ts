import { availableParallelism } from 'node:os';
import { EngineError } from '../../base/index.ts';
import type { ContainerConfig, HealthConfig, HostConfig, Resources, RestartPolicy } from '../../engine-api/index.ts';
import { parseSignal } from '../host/run.ts';
import { normalizeCap } from './capabilities.ts';
import { parseDeviceRule } from './spec-devices.ts';

/** Log drivers that are one and the same here: conmon's file. `none` keeps nothing. */
const LOG_DRIVERS = new Set(['', 'json-file', 'local', 'k8s-file', 'none']);
/** The second last is how containerd calls runc. */
const RUNTIMES = new Set(['', 'crun', 'io.containerd.runc.v2', 'runc']);
const MIN_MEMORY = 6 * 1024 * 1024;

const invalid = (message: string): EngineError => new EngineError('invalid', message);

/**
 * Refuses what dockerd refuses at creation, in its words. Pure: looks at nothing but the request and the number of processors.
 * @throws EngineError invalid
 */
export function validateCreate(config: ContainerConfig, host: HostConfig): void {
  validateConfig(config);
  validateResources(host);
  validateRestartPolicy(host.RestartPolicy ?? {}, host.AutoRemove ?? false);
  validateModes(config, host);
  if (!['', 'default'].includes(host.Isolation ?? '')) throw invalid(`Invalid isolation: "${host.Isolation}" - linux only supports 'default'`);
  for (const option of host.SecurityOpt ?? []) validateSecurityOption(option);
  if (!RUNTIMES.has(host.Runtime ?? '')) throw invalid(`unknown or invalid runtime name: ${host.Runtime}`);
  for (const cap of [...(host.CapAdd ?? []), ...(host.CapDrop ?? [])]) normalizeCap(cap);
  for (const rule of host.DeviceCgroupRules ?? []) parseDeviceRule(rule);
  for (const extra of host.ExtraHosts ?? []) {
    if (!/^[^:=]+[:=].+$/.test(extra)) throw invalid(`invalid IP address in add-host: "${extra}"`);
  }
  if (!LOG_DRIVERS.has(host.LogConfig?.Type ?? '')) throw invalid(`logger: no log driver named '${host.LogConfig?.Type}' is registered`);
  for (const key of Object.keys(host.LogConfig?.Config ?? {})) validateLogOption(host.LogConfig?.Type || 'json-file', key, host.LogConfig?.Config?.[key] ?? '');
}

/** `label` is for SELinux, without which dockerd ignores it too. */
const SECURITY_OPTIONS = new Set(['apparmor', 'label', 'no-new-privileges', 'seccomp']);

function validateSecurityOption(option: string): void {
  if (option === 'no-new-privileges') return;
  const [, name, value] = /^([^=:]*)[=:]([^]*)$/.exec(option) ?? [];
  if (name === undefined || value === undefined) throw invalid(`invalid --security-opt 1: "${option}"`);
  const isBoolean = name !== 'no-new-privileges' || /^(true|false|1|0|t|f)$/i.test(value);
  if (!SECURITY_OPTIONS.has(name) || !isBoolean) throw invalid(`invalid --security-opt 2: "${option}"`);
}

const LOG_OPTIONS = new Set(['max-size', 'max-file', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'compress', 'mode', 'max-buffer-size']);

function validateLogOption(driver: string, key: string, value: string): void {
  if (!LOG_OPTIONS.has(key)) throw invalid(`unknown log opt '${key}' for ${driver} log driver`);
  if (key === 'max-file' && !(Number(value) >= 1)) throw invalid('max-file cannot be less than 1');
}

function validateConfig(config: ContainerConfig): void {
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw invalid(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal && parseSignal(config.StopSignal) === undefined) throw invalid(`Invalid signal: ${config.StopSignal}`);
  for (const entry of config.Env ?? []) {
    if (entry === '' || entry.startsWith('=')) throw invalid(`invalid environment variable: ${entry}`);
    if (entry.includes('\0')) throw invalid('invalid environment variable: nul byte');
  }
  for (const word of [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]) if (word.includes('\0')) throw invalid('invalid command: nul byte');
  for (const port of Object.keys(config.ExposedPorts ?? {})) checkPort(port);
  if (config.Healthcheck) validateHealth(config.Healthcheck);
}

const PORT = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i;

function checkPort(text: string): void {
  const match = PORT.exec(text);
  if (!match || Number(match[1]) > 65535 || Number(match[2] ?? 0) > 65535) throw invalid(`invalid port specification: "${text}"`);
}

function validateHealth(health: HealthConfig): void {
  const test = health.Test?.[0];
  if (test !== undefined && !['', 'NONE', 'CMD', 'CMD-SHELL'].includes(test)) throw invalid(`Unknown type '${test}' in HEALTHCHECK`);
  for (const key of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
    const value = health[key] ?? 0;
    if (value !== 0 && value < 1_000_000) throw invalid(`${key} in Healthcheck cannot be less than 1ms`);
  }
  if ((health.Retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative');
}

/** Also for `update`. @throws EngineError invalid */
export function validateResources(r: Resources & { ShmSize?: number; OomScoreAdj?: number }): void {
  const { Memory = 0, MemorySwap = 0, MemoryReservation = 0 } = r;
  if (Memory !== 0 && Memory < MIN_MEMORY) throw invalid('Minimum memory limit allowed is 6MB');
  if (MemorySwap > 0 && Memory > 0 && MemorySwap < Memory) {
    throw invalid('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (Memory === 0 && MemorySwap > 0) throw invalid('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (MemoryReservation > 0 && MemoryReservation < MIN_MEMORY) throw invalid('Minimum memory reservation allowed is 6MB');
  if (Memory > 0 && MemoryReservation > Memory) {
    throw invalid('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
  const swappiness = r.MemorySwappiness ?? -1;
  if (swappiness < -1 || swappiness > 100) throw invalid(`Invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  validateCpu(r);
  if (r.BlkioWeight && (r.BlkioWeight < 10 || r.BlkioWeight > 1000)) throw invalid('Range of blkio weight is from 10 to 1000');
  if ((r.ShmSize ?? 0) < 0) throw invalid('SHM size can not be less than 0');
  const adj = r.OomScoreAdj ?? 0;
  if (adj < -1000 || adj > 1000) throw invalid(`Invalid value ${adj}, range for oom score adj is [-1000, 1000]`);
}

function validateCpu(r: Resources): void {
  const available = availableParallelism();
  const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 } = r;
  if (NanoCpus > 0 && CpuPeriod > 0) throw invalid('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0) throw invalid('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (NanoCpus < 0 || NanoCpus > available * 1e9) {
    throw invalid(`Range of CPUs is from 0.01 to ${available}.00, as there are only ${available} CPUs available`);
  }
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) {
    throw invalid('CPU cfs period cannot be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (CpuQuota > 0 && CpuQuota < 1000) throw invalid('CPU cfs quota cannot be less than 1ms (i.e. 1000)');
  for (const [what, value] of [['cpus', r.CpusetCpus], ['mems', r.CpusetMems]] as const) {
    if (value && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(value)) throw invalid(`Invalid value ${value} for cpuset ${what}`);
  }
  const highest = Math.max(-1, ...(r.CpusetCpus ?? '').split(/[,-]/).filter(Boolean).map(Number));
  if (highest >= available) {
    throw invalid(`Requested CPUs are not available - requested ${r.CpusetCpus}, available: 0-${available - 1}`);
  }
}

/** Also for `update`. @throws EngineError invalid */
export function validateRestartPolicy(policy: RestartPolicy, autoRemove: boolean): void {
  const { Name = '', MaximumRetryCount = 0 } = policy;
  if (!['', 'no', 'always', 'on-failure', 'unless-stopped'].includes(Name)) {
    throw invalid(`invalid restart policy: unknown policy '${Name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  if (MaximumRetryCount < 0) throw invalid('invalid restart policy: maximum retry count cannot be negative');
  if (MaximumRetryCount > 0 && Name !== 'on-failure') {
    throw invalid("invalid restart policy: maximum retry count can only be used with 'on-failure'");
  }
  if (autoRemove && Name !== '' && Name !== 'no') throw invalid("can't create 'AutoRemove' container with restart policy");
}

function validateModes(config: ContainerConfig, host: HostConfig): void {
  const { IpcMode = '', PidMode = '', UTSMode = '', UsernsMode = '', CgroupnsMode = '', NetworkMode = '' } = host;
  if (!/^(|none|private|shareable|host|container:.+)$/.test(IpcMode)) throw invalid(`invalid IPC mode: ${IpcMode}`);
  if (!/^(|private|host|container:.+)$/.test(PidMode)) throw invalid(`invalid PID mode: ${PidMode}`);
  if (!/^(|private|host)$/.test(UTSMode)) throw invalid(`invalid UTS mode: ${UTSMode}`);
  if (!/^(|private|host)$/.test(UsernsMode)) throw invalid(`invalid user namespace mode: ${UsernsMode}`);
  if (!/^(|private|host)$/.test(CgroupnsMode)) throw invalid(`invalid cgroup namespace mode: ${CgroupnsMode}`);
  if (UTSMode === 'host' && config.Hostname) throw invalid('conflicting options: hostname and the UTS mode');
  if (NetworkMode.startsWith('container:')) {
    const clash = (what: string): EngineError => invalid(`conflicting options: ${what} and the container type network mode`);
    if (NetworkMode === 'container:') throw invalid('invalid container format container:<name|id>');
    if (config.Hostname) throw invalid('conflicting options: hostname and the network mode');
    if (host.Links?.length) throw clash('links');
    if (host.Dns?.length) throw clash('dns');
    if (host.ExtraHosts?.length) throw clash('custom host-to-IP mapping');
    if (Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts) throw clash('port publishing');
    if (Object.keys(config.ExposedPorts ?? {}).length > 0) throw clash('port exposing');
  }
  if (NetworkMode === 'host' && host.Links?.length) throw invalid('conflicting options: host type networking can\'t be used with links');
  for (const [port, bindings] of Object.entries(host.PortBindings ?? {})) {
    checkPort(port);
    for (const { HostPort = '' } of bindings ?? []) {
      if (HostPort !== '' && !PORT.test(HostPort)) throw invalid(`invalid port specification: "${HostPort}"`);
    }
  }
}
