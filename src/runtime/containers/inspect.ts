import type {
  ContainerInspect,
  ContainerStateWire,
  EndpointSettings,
  MountPoint,
  NetworkSettings,
} from '../../engine-api/index.ts';
import type { Container } from './container.ts';
import type { Containers } from './context.ts';
import { sizes } from './list.ts';
import { hostFile } from './prepare.ts';
import { type ContainerState, hasProcess, isRunning } from './record.ts';

/** Everything that `GET /containers/{id}/json` tells. */
export async function inspectContainer(room: Containers, container: Container, withSize = false): Promise<ContainerInspect> {
  const { record, state } = container;
  const { layout } = room.ctx;
  const [path = '', ...args] = [...(record.config.Entrypoint ?? []), ...(record.config.Cmd ?? [])];
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: path,
    Args: args,
    State: wireState(state),
    Image: record.image,
    ResolvConfPath: hostFile(room, record.id, 'resolv.conf'),
    HostnamePath: hostFile(room, record.id, 'hostname'),
    HostsPath: hostFile(room, record.id, 'hosts'),
    LogPath: record.hostConfig.LogConfig?.Type === 'none' ? '' : layout.containerLog(record.id),
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: container.execIds.size > 0 ? [...container.execIds] : null,
    HostConfig: record.hostConfig,
    GraphDriver: { Name: 'overlay2', Data: graphData(room, container) },
    ...(withSize && (await sizes(room, container))),
    Mounts: mountPoints(room, container),
    Config: { Domainname: '', User: '', AttachStdin: false, AttachStdout: false, AttachStderr: false, Tty: false, OpenStdin: false, StdinOnce: false, ...record.config },
    NetworkSettings: networkSettings(room, container),
  };
}

export function wireState(state: ContainerState): ContainerStateWire {
  return {
    Status: state.status,
    Running: isRunning(state),
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: state.status === 'dead',
    Pid: hasProcess(state) ? (state.process?.pid ?? 0) : 0,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    ...(state.health && { Health: state.health }),
  };
}

function graphData(room: Containers, container: Container): Record<string, string> {
  const { snapshots } = room.images;
  const upper = snapshots.upperDir(container.id);
  return {
    LowerDir: snapshots.lowerDirs(container.id).join(':'),
    MergedDir: snapshots.mergedDir(container.id),
    UpperDir: upper,
    WorkDir: upper.replace(/upper$/, 'work'),
  };
}

/** Mounts that inspect and list show; tmpfs of `--tmpfs` are left out there, as by dockerd. */
export function mountPoints(room: Containers, container: Container): MountPoint[] {
  return container.record.mounts.flatMap((mount): MountPoint[] => {
    const common = { Destination: mount.destination, Mode: mount.mode, RW: !mount.readonly, Propagation: mount.propagation };
    switch (mount.type) {
      case 'bind':
        return [{ Type: 'bind', Source: mount.source, ...common }];
      case 'volume': {
        const Source = room.ctx.layout.volumeData(mount.source);
        return [{ Type: 'volume', Name: mount.source, Source, Driver: mount.driver ?? 'local', ...common }];
      }
      case 'tmpfs':
        return Object.hasOwn(container.record.hostConfig.Tmpfs ?? {}, mount.destination) ? [] : [{ Type: 'tmpfs', Source: '', ...common }];
      case 'image':
        return [{ Type: 'image', Source: mount.source, ...common }];
    }
  });
}

const EMPTY_ENDPOINT: EndpointSettings = {
  IPAMConfig: null, Links: null, Aliases: null, MacAddress: '', DriverOpts: null, NetworkID: '', EndpointID: '', Gateway: '',
  IPAddress: '', IPPrefixLen: 0, IPv6Gateway: '', GlobalIPv6Address: '', GlobalIPv6PrefixLen: 0, DNSNames: null,
};

/** The endpoints as they are while it runs, else as they were asked for. */
export function wireEndpoints(room: Containers, container: Container): Record<string, EndpointSettings> {
  const { record, state } = container;
  const mode = record.hostConfig.NetworkMode ?? '';
  if (mode === 'host' || mode === 'none') return { [mode]: { ...EMPTY_ENDPOINT, ...networkId(room, mode) } };
  const current = (hasProcess(state) ? (room.networks.endpointsOf(record.id) ?? state.endpoints) : undefined) ?? record.endpoints;
  return Object.fromEntries(
    Object.entries(current).map(([name, endpoint]) => [name, { ...EMPTY_ENDPOINT, ...networkId(room, name), ...endpoint }]),
  );
}

function networkId(room: Containers, name: string): { NetworkID?: string } {
  try {
    return { NetworkID: room.networks.require(name).id };
  } catch {
    return {}; // removed meanwhile
  }
}

function networkSettings(room: Containers, container: Container): NetworkSettings {
  const { state } = container;
  const running = hasProcess(state);
  const Networks = wireEndpoints(room, container);
  const bridge = running ? Networks['bridge'] : undefined;
  return {
    Bridge: '',
    SandboxID: running && state.netns ? container.id : '',
    SandboxKey: running ? (state.netns ?? '') : '',
    Ports: running ? (state.ports ?? {}) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.EndpointID ?? '',
    Gateway: bridge?.Gateway ?? '',
    GlobalIPv6Address: bridge?.GlobalIPv6Address ?? '',
    GlobalIPv6PrefixLen: bridge?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: bridge?.IPAddress ?? '',
    IPPrefixLen: bridge?.IPPrefixLen ?? 0,
    IPv6Gateway: bridge?.IPv6Gateway ?? '',
    MacAddress: bridge?.MacAddress ?? '',
    Networks,
  };
}
