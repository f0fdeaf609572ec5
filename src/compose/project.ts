/**
 * The typed model of a Compose project after loading: interpolated, merged, extended, normalised.
 *
 * Attribute names are the specification's own (`snake_case`), so that one vocabulary runs from the file through diagnostics and
 * `explain` to `config`. Only the values are ours: short forms are gone, byte sizes are numbers of bytes, durations are
 * nanoseconds, and what the specification lets one write in several ways has one shape.
 * `print.ts` turns this model into the canonical YAML or JSON that `docker compose config` would print.
 */
import type { SourceRange } from '../base/index.ts';

export type Labels = Readonly<Record<string, string>>;
/** A null value means "no value given": the variable is not set. */
export type Environment = Readonly<Record<string, string | null>>;
export type Extensions = Readonly<Record<string, unknown>>;

export interface Project {
  readonly name: string;
  /** Absolute project directory; relative paths of the model were resolved against it. */
  readonly directory: string;
  /** Absolute paths of the Compose files, in merge order (`-` stays `-`). */
  readonly files: readonly string[];
  /** Absolute paths of the env files used for interpolation. */
  readonly environmentFiles: readonly string[];
  /** Interpolation environment: what `config --environment` prints. */
  readonly environment: Readonly<Record<string, string>>;
  /** Active profiles. */
  readonly profiles: readonly string[];
  /** Enabled services by name. */
  readonly services: Readonly<Record<string, Service>>;
  /** Services switched off by profiles; naming one in a command enables it. */
  readonly disabledServices: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, Network>>;
  readonly volumes: Readonly<Record<string, Volume>>;
  readonly configs: Readonly<Record<string, FileObject>>;
  readonly secrets: Readonly<Record<string, FileObject>>;
  readonly models: Readonly<Record<string, Model>>;
  readonly extensions: Extensions;
  readonly sources: SourceMap;
}

/** Finds where a value of the model was written: `services.web.ports[0]` → the nearest known range of that path or a parent. */
export interface SourceMap {
  rangeOf(path: string): SourceRange | undefined;
}

export type DependsCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface ServiceDependency {
  readonly condition: DependsCondition;
  readonly required: boolean;
  readonly restart?: boolean;
  readonly extensions?: Extensions;
}

export interface Service {
  readonly name: string;
  readonly annotations?: Labels;
  readonly attach?: boolean;
  readonly blkio_config?: BlkioConfig;
  readonly build?: Build;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cgroup?: string;
  readonly cgroup_parent?: string;
  /** null: the image's CMD; [] : emptied. */
  readonly command: readonly string[] | null;
  readonly configs?: readonly FileMount[];
  readonly container_name?: string;
  readonly cpu_count?: number;
  readonly cpu_percent?: number;
  readonly cpu_period?: number;
  readonly cpu_quota?: number;
  readonly cpu_rt_period?: number;
  readonly cpu_rt_runtime?: number;
  readonly cpu_shares?: number;
  readonly cpus?: number;
  readonly cpuset?: string;
  readonly credential_spec?: CredentialSpec;
  readonly depends_on?: Readonly<Record<string, ServiceDependency>>;
  readonly deploy?: Deploy;
  readonly develop?: Develop;
  readonly device_cgroup_rules?: readonly string[];
  readonly devices?: readonly DeviceMapping[];
  readonly dns?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly domainname?: string;
  readonly entrypoint: readonly string[] | null;
  readonly env_file?: readonly EnvFile[];
  /** Already contains what env files gave, `environment` winning. */
  readonly environment?: Environment;
  readonly expose?: readonly string[];
  readonly extends?: { readonly service: string; readonly file?: string };
  readonly external_links?: readonly string[];
  /** Host name to its addresses, in order. */
  readonly extra_hosts?: Readonly<Record<string, readonly string[]>>;
  readonly gpus?: readonly DeviceRequest[];
  readonly group_add?: readonly string[];
  readonly healthcheck?: HealthCheck;
  readonly hostname?: string;
  readonly image?: string;
  readonly init?: boolean;
  readonly ipc?: string;
  readonly isolation?: string;
  readonly label_file?: readonly string[];
  readonly labels?: Labels;
  readonly links?: readonly string[];
  readonly logging?: Logging;
  readonly mac_address?: string;
  readonly mem_limit?: number;
  readonly mem_reservation?: number;
  readonly mem_swappiness?: number;
  /** Bytes; -1 means unlimited. */
  readonly memswap_limit?: number;
  readonly models?: Readonly<Record<string, ModelBinding | null>>;
  readonly network_mode?: string;
  /** Undefined together with `network_mode` means the default network. */
  readonly networks?: Readonly<Record<string, ServiceNetwork | null>>;
  readonly oom_kill_disable?: boolean;
  readonly oom_score_adj?: number;
  readonly pid?: string;
  readonly pids_limit?: number;
  readonly platform?: string;
  readonly ports?: readonly PortMapping[];
  readonly post_start?: readonly Hook[];
  readonly pre_start?: readonly InitHook[];
  readonly pre_stop?: readonly Hook[];
  readonly privileged?: boolean;
  readonly profiles?: readonly string[];
  readonly provider?: Provider;
  readonly pull_policy?: string;
  readonly pull_refresh_after?: string;
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly runtime?: string;
  readonly scale?: number;
  readonly secrets?: readonly FileMount[];
  readonly security_opt?: readonly string[];
  /** Bytes. */
  readonly shm_size?: number;
  readonly stdin_open?: boolean;
  /** Nanoseconds. */
  readonly stop_grace_period?: number;
  readonly stop_signal?: string;
  readonly storage_opt?: Readonly<Record<string, string>>;
  readonly sysctls?: Labels;
  readonly tmpfs?: readonly string[];
  readonly tty?: boolean;
  readonly ulimits?: Readonly<Record<string, Ulimit>>;
  readonly use_api_socket?: boolean;
  readonly user?: string;
  readonly userns_mode?: string;
  readonly uts?: string;
  readonly volumes?: readonly VolumeMount[];
  readonly volumes_from?: readonly string[];
  readonly working_dir?: string;
  readonly extensions?: Extensions;
}

export interface CredentialSpec {
  readonly config?: string;
  readonly file?: string;
  readonly registry?: string;
  readonly extensions?: Extensions;
}
export interface Develop {
  readonly watch: readonly WatchRule[];
  readonly extensions?: Extensions;
}
export interface Logging {
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}
/** The environment variables by which a service learns of a model. */
export interface ModelBinding {
  readonly endpoint_var?: string;
  readonly model_var?: string;
  readonly extensions?: Extensions;
}
/** Hands a service over to an external program. */
export interface Provider {
  readonly type: string;
  readonly options?: Readonly<Record<string, readonly string[]>>;
  readonly extensions?: Extensions;
}

/** `soft` and `hard` are equal when one number was written (`single` then tells `config` to print one number). */
export interface Ulimit {
  readonly soft: number;
  readonly hard: number;
  readonly single?: boolean;
  readonly extensions?: Extensions;
}

export interface BlkioConfig {
  readonly weight?: number;
  readonly weight_device?: readonly { readonly path: string; readonly weight: number }[];
  readonly device_read_bps?: readonly BlkioRate[];
  readonly device_read_iops?: readonly BlkioRate[];
  readonly device_write_bps?: readonly BlkioRate[];
  readonly device_write_iops?: readonly BlkioRate[];
  readonly extensions?: Extensions;
}
/** `rate` is bytes or operations a second. */
export interface BlkioRate {
  readonly path: string;
  readonly rate: number;
}

export interface Build {
  readonly context?: string;
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  readonly additional_contexts?: Readonly<Record<string, string>>;
  readonly args?: Environment;
  readonly cache_from?: readonly string[];
  readonly cache_to?: readonly string[];
  readonly entitlements?: readonly string[];
  readonly extra_hosts?: Readonly<Record<string, readonly string[]>>;
  readonly isolation?: string;
  readonly labels?: Labels;
  readonly network?: string;
  readonly no_cache?: boolean;
  readonly no_cache_filter?: readonly string[];
  readonly platforms?: readonly string[];
  readonly privileged?: boolean;
  readonly provenance?: string;
  readonly pull?: boolean;
  readonly sbom?: string;
  readonly secrets?: readonly FileMount[];
  /** Bytes. */
  readonly shm_size?: number;
  readonly ssh?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly target?: string;
  readonly ulimits?: Readonly<Record<string, Ulimit>>;
  readonly extensions?: Extensions;
}

/** A config or secret as a service (or a build) uses it. `mode` is the number itself (0o440 = 288). */
export interface FileMount {
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: number;
  readonly extensions?: Extensions;
}

export interface DeviceMapping {
  readonly source: string;
  readonly target: string;
  readonly permissions: string;
  readonly extensions?: Extensions;
}

export interface DeviceRequest {
  readonly capabilities?: readonly string[];
  readonly driver?: string;
  /** -1 means all. */
  readonly count?: number;
  readonly device_ids?: readonly string[];
  readonly options?: Labels;
  readonly extensions?: Extensions;
}

export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  readonly format?: string;
}

/** Durations are nanoseconds. `test` is in list form (`CMD`, `CMD-SHELL` or `NONE` first). */
export interface HealthCheck {
  readonly test?: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly start_period?: number;
  readonly start_interval?: number;
  readonly retries?: number;
  readonly disable?: boolean;
  readonly extensions?: Extensions;
}

export interface Hook {
  readonly command: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: Environment;
  readonly extensions?: Extensions;
}

/** A command that runs in a container of its own before the service starts. */
export interface InitHook extends Hook {
  readonly image?: string;
  readonly per_replica?: boolean;
}

export interface ServiceNetwork {
  readonly aliases?: readonly string[];
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly gw_priority?: number;
  readonly interface_name?: string;
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
  readonly priority?: number;
  readonly extensions?: Extensions;
}

/** One published (or, without `published`, engine-chosen) port; ranges of equal length are expanded. */
export interface PortMapping {
  readonly name?: string;
  readonly mode: 'ingress' | 'host';
  readonly target: number;
  /** `"8080"` or `"8080-8090"` (first free of). Undefined: the engine chooses. */
  readonly published?: string;
  readonly host_ip?: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly app_protocol?: string;
  readonly extensions?: Extensions;
}

export interface VolumeMount {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'cluster' | 'npipe';
  /** Absolute host path for a bind, volume key for a volume, undefined for an anonymous volume. */
  readonly source?: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: BindOptions;
  readonly volume?: VolumeOptions;
  readonly tmpfs?: TmpfsOptions;
  readonly image?: ImageOptions;
  readonly extensions?: Extensions;
}

export interface BindOptions {
  readonly propagation?: string;
  readonly create_host_path?: boolean;
  readonly recursive?: string;
  readonly selinux?: string;
  readonly extensions?: Extensions;
}
export interface VolumeOptions {
  readonly nocopy?: boolean;
  readonly subpath?: string;
  readonly labels?: Labels;
  readonly extensions?: Extensions;
}
export interface TmpfsOptions {
  /** Bytes. */
  readonly size?: number;
  /** The number itself (0o1777 = 1023). */
  readonly mode?: number;
  readonly extensions?: Extensions;
}
export interface ImageOptions {
  readonly subpath?: string;
  readonly extensions?: Extensions;
}

export interface Deploy {
  readonly mode?: string;
  readonly replicas?: number;
  readonly endpoint_mode?: string;
  readonly labels?: Labels;
  readonly placement?: Placement;
  readonly resources?: Resources;
  readonly restart_policy?: RestartPolicy;
  readonly update_config?: UpdateConfig;
  readonly rollback_config?: UpdateConfig;
  readonly extensions?: Extensions;
}
export interface Placement {
  readonly constraints?: readonly string[];
  readonly preferences?: readonly { readonly spread: string; readonly extensions?: Extensions }[];
  readonly max_replicas_per_node?: number;
  readonly extensions?: Extensions;
}
export interface Resources {
  readonly limits?: ResourceLimits;
  readonly reservations?: ResourceReservations;
  readonly extensions?: Extensions;
}
/** `delay` and `window` are nanoseconds. */
export interface RestartPolicy {
  readonly condition?: string;
  readonly delay?: number;
  readonly max_attempts?: number;
  readonly window?: number;
  readonly extensions?: Extensions;
}
export interface ResourceLimits {
  readonly cpus?: number;
  readonly memory?: number;
  readonly pids?: number;
  readonly extensions?: Extensions;
}
export interface ResourceReservations {
  readonly cpus?: number;
  readonly memory?: number;
  readonly devices?: readonly DeviceRequest[];
  readonly generic_resources?: readonly GenericResource[];
  readonly extensions?: Extensions;
}
export interface GenericResource {
  readonly discrete_resource_spec: { readonly kind: string; readonly value: number; readonly extensions?: Extensions };
  readonly extensions?: Extensions;
}
/** `delay` and `monitor` are nanoseconds. */
export interface UpdateConfig {
  readonly parallelism?: number;
  readonly delay?: number;
  readonly failure_action?: string;
  readonly monitor?: number;
  readonly max_failure_ratio?: number;
  readonly order?: string;
  readonly extensions?: Extensions;
}

export interface WatchRule {
  readonly path: string;
  readonly action: 'rebuild' | 'sync' | 'restart' | 'sync+restart' | 'sync+exec';
  readonly target?: string;
  readonly ignore?: readonly string[];
  readonly include?: readonly string[];
  readonly exec?: Hook;
  readonly initial_sync?: boolean;
  readonly extensions?: Extensions;
}

export interface Network {
  /** The real name in the engine: `<project>_<key>` unless `name` was written. */
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly ipam?: Ipam;
  readonly external?: boolean;
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly labels?: Labels;
  readonly extensions?: Extensions;
}

export interface Ipam {
  readonly driver?: string;
  readonly config?: readonly IpamPool[];
  readonly options?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}
export interface IpamPool {
  readonly subnet?: string;
  readonly ip_range?: string;
  readonly gateway?: string;
  readonly aux_addresses?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}

export interface Volume {
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly external?: boolean;
  readonly labels?: Labels;
  readonly extensions?: Extensions;
}

/** A top-level config or secret. `content` is filled for inline configs, and for `environment` sources once resolved. */
export interface FileObject {
  readonly name: string;
  readonly file?: string;
  readonly content?: string;
  readonly environment?: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly labels?: Labels;
  readonly template_driver?: string;
  readonly extensions?: Extensions;
}

export interface Model {
  readonly name?: string;
  readonly model: string;
  readonly context_size?: number;
  readonly runtime_flags?: readonly string[];
  readonly extensions?: Extensions;
}
