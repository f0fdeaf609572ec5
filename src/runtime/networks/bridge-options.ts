/** The driver options of a bridge network that mean something to us. Unknown ones are kept and ignored, as dockerd does. */
import { EngineError } from '../../base/index.ts';
import type { StringMap } from '../../engine-api/index.ts';
import { parseAddress } from './address.ts';
import { isInterfaceName } from './names.ts';

export interface BridgeOptions {
  readonly name: string | undefined;
  readonly mtu: number | undefined;
  /** Whether containers of the network may talk to each other. */
  readonly icc: boolean;
  readonly masquerade: boolean;
  /** Where ports without a host address are published; undefined: everywhere. */
  readonly hostBinding: string | undefined;
  /** Interfaces in containers are this and a number. */
  readonly linkPrefix: string;
}

const PREFIX = 'com.docker.network.';

/** @throws EngineError invalid */
export function parseBridgeOptions(options: StringMap): BridgeOptions {
  const get = (key: string) => options[PREFIX + key];
  const name = get('bridge.name') || undefined;
  if (name !== undefined && !isInterfaceName(name)) throw new EngineError('invalid', `invalid interface name ${JSON.stringify(name)}: at most 15 letters, digits, "_", "." and "-"`);
  const linkPrefix = get('container_iface_prefix') || 'eth';
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,10}$/.test(linkPrefix)) throw new EngineError('invalid', `invalid ${PREFIX}container_iface_prefix value: ${linkPrefix}`);
  const hostBinding = get('bridge.host_binding_ipv4') || undefined;
  if (hostBinding !== undefined && parseAddress(hostBinding)?.family !== 4) {
    throw new EngineError('invalid', `failed to parse ${PREFIX}bridge.host_binding_ipv4 value: ${hostBinding}`);
  }
  for (const key of ['bridge.gateway_mode_ipv4', 'bridge.gateway_mode_ipv6']) {
    const mode = get(key);
    if (mode && mode !== 'nat') throw new EngineError('invalid', `${PREFIX}${key}=${mode} is not supported: only nat is`);
  }
  return {
    name,
    mtu: parseMtu(get('driver.mtu')),
    icc: parseFlag('bridge.enable_icc', get('bridge.enable_icc')),
    masquerade: parseFlag('bridge.enable_ip_masquerade', get('bridge.enable_ip_masquerade')),
    hostBinding: hostBinding === '0.0.0.0' ? undefined : hostBinding,
    linkPrefix,
  };
}

function parseMtu(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new EngineError('invalid', `failed to parse ${PREFIX}driver.mtu value: ${text} (strconv.Atoi: parsing "${text}": invalid syntax)`);
  const mtu = Number(text);
  if (mtu === 0) return undefined;
  if (mtu < 68 || mtu > 65535) throw new EngineError('invalid', `invalid ${PREFIX}driver.mtu value: ${text}: must be 68-65535`);
  return mtu;
}

function parseFlag(key: string, text: string | undefined): boolean {
  if (text === undefined || text === '') return true;
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new EngineError('invalid', `failed to parse ${PREFIX}${key} value: ${text} (strconv.ParseBool: parsing "${text}": invalid syntax)`);
}
