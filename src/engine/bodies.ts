/** The shapes of request bodies. Fields that are not listed pass unchecked, so every field of `engine-api/types.ts` is listed. */
import type { Shape } from './shape.ts';

const strings: Shape = { list: 'string' };
const stringMap: Shape = { map: 'string' };
const empty: Shape = {};

const HEALTHCHECK: Shape = { Test: strings, Interval: 'int', Timeout: 'int', StartPeriod: 'int', StartInterval: 'int', Retries: 'int' };

export const CONTAINER_CONFIG = {
  Hostname: 'string', Domainname: 'string', User: 'string', AttachStdin: 'bool', AttachStdout: 'bool', AttachStderr: 'bool',
  ExposedPorts: { map: empty }, Tty: 'bool', OpenStdin: 'bool', StdinOnce: 'bool', Env: strings, Cmd: 'words', Healthcheck: HEALTHCHECK,
  ArgsEscaped: 'bool', Image: 'string', Volumes: { map: empty }, WorkingDir: 'string', Entrypoint: 'words', NetworkDisabled: 'bool',
  MacAddress: 'string', OnBuild: strings, Labels: stringMap, StopSignal: 'string', StopTimeout: 'int', Shell: 'words',
} satisfies Shape;

const MOUNT: Shape = {
  Type: 'string', Source: 'string', Target: 'string', ReadOnly: 'bool', Consistency: 'string',
  BindOptions: { Propagation: 'string', NonRecursive: 'bool', CreateMountpoint: 'bool', ReadOnlyNonRecursive: 'bool', ReadOnlyForceRecursive: 'bool' },
  VolumeOptions: { NoCopy: 'bool', Labels: stringMap, DriverConfig: { Name: 'string', Options: stringMap }, Subpath: 'string' },
  TmpfsOptions: { SizeBytes: 'int', Mode: 'int', Options: { list: strings } },
  ImageOptions: { Subpath: 'string' },
};

const THROTTLE: Shape = { list: { Path: 'string', Rate: 'int' } };

const RESTART_POLICY: Shape = { Name: 'string', MaximumRetryCount: 'int' };

const RESOURCES = {
  CpuShares: 'int', Memory: 'int', NanoCpus: 'int', CgroupParent: 'string', BlkioWeight: 'int',
  BlkioWeightDevice: { list: { Path: 'string', Weight: 'int' } }, BlkioDeviceReadBps: THROTTLE, BlkioDeviceWriteBps: THROTTLE,
  BlkioDeviceReadIOps: THROTTLE, BlkioDeviceWriteIOps: THROTTLE, CpuPeriod: 'int', CpuQuota: 'int', CpuRealtimePeriod: 'int',
  CpuRealtimeRuntime: 'int', CpusetCpus: 'string', CpusetMems: 'string',
  Devices: { list: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' } }, DeviceCgroupRules: strings,
  DeviceRequests: { list: { Driver: 'string', Count: 'int', DeviceIDs: strings, Capabilities: { list: strings }, Options: stringMap } },
  MemoryReservation: 'int', MemorySwap: 'int', MemorySwappiness: 'int', OomKillDisable: 'bool', PidsLimit: 'int',
  Ulimits: { list: { Name: 'string', Soft: 'int', Hard: 'int' } }, CpuCount: 'int', CpuPercent: 'int', IOMaximumIOps: 'int', IOMaximumBandwidth: 'int',
} satisfies Shape;

const HOST_CONFIG: Shape = {
  ...RESOURCES,
  Binds: strings, ContainerIDFile: 'string', LogConfig: { Type: 'string', Config: stringMap }, NetworkMode: 'string',
  PortBindings: { map: { list: { HostIp: 'string', HostPort: 'string' } } }, RestartPolicy: RESTART_POLICY, AutoRemove: 'bool',
  VolumeDriver: 'string', VolumesFrom: strings, ConsoleSize: { list: 'int' }, Annotations: stringMap, CapAdd: 'words', CapDrop: 'words',
  CgroupnsMode: 'string', Dns: strings, DnsOptions: strings, DnsSearch: strings, ExtraHosts: strings, GroupAdd: strings, IpcMode: 'string',
  Cgroup: 'string', Links: strings, OomScoreAdj: 'int', PidMode: 'string', Privileged: 'bool', PublishAllPorts: 'bool', ReadonlyRootfs: 'bool',
  SecurityOpt: strings, StorageOpt: stringMap, Tmpfs: stringMap, UTSMode: 'string', UsernsMode: 'string', ShmSize: 'int', Sysctls: stringMap,
  Runtime: 'string', Isolation: 'string', Mounts: { list: MOUNT }, MaskedPaths: strings, ReadonlyPaths: strings, Init: 'bool',
};

const ENDPOINT: Shape = {
  IPAMConfig: { IPv4Address: 'string', IPv6Address: 'string', LinkLocalIPs: strings }, Links: strings, Aliases: strings, MacAddress: 'string',
  DriverOpts: stringMap, GwPriority: 'int', NetworkID: 'string', EndpointID: 'string', Gateway: 'string', IPAddress: 'string',
  IPPrefixLen: 'int', IPv6Gateway: 'string', GlobalIPv6Address: 'string', GlobalIPv6PrefixLen: 'int', DNSNames: strings,
};

export const CONTAINER_CREATE: Shape = {
  ...CONTAINER_CONFIG,
  HostConfig: HOST_CONFIG,
  NetworkingConfig: { EndpointsConfig: { map: ENDPOINT } },
};

export const CONTAINER_UPDATE: Shape = { ...RESOURCES, RestartPolicy: RESTART_POLICY };

export const EXEC_CREATE: Shape = {
  AttachStdin: 'bool', AttachStdout: 'bool', AttachStderr: 'bool', DetachKeys: 'string', Tty: 'bool', ConsoleSize: { list: 'int' },
  Env: strings, Cmd: 'words', Privileged: 'bool', User: 'string', WorkingDir: 'string',
};

export const EXEC_START: Shape = { Detach: 'bool', Tty: 'bool', ConsoleSize: { list: 'int' } };

export const NETWORK_CREATE: Shape = {
  Name: 'string', CheckDuplicate: 'bool', Driver: 'string', Scope: 'string', Internal: 'bool', Attachable: 'bool', Ingress: 'bool',
  IPAM: {
    Driver: 'string', Options: stringMap,
    Config: { list: { Subnet: 'string', IPRange: 'string', Gateway: 'string', AuxiliaryAddresses: stringMap } },
  },
  EnableIPv4: 'bool', EnableIPv6: 'bool', Options: stringMap, Labels: stringMap,
};

export const NETWORK_CONNECT: Shape = { Container: 'string', EndpointConfig: ENDPOINT };
export const NETWORK_DISCONNECT: Shape = { Container: 'string', Force: 'bool' };

export const VOLUME_CREATE: Shape = { Name: 'string', Driver: 'string', DriverOpts: stringMap, Labels: stringMap };

export const REGISTRY_AUTH: Shape = {
  username: 'string', password: 'string', auth: 'string', email: 'string', serveraddress: 'string', identitytoken: 'string', registrytoken: 'string',
};
