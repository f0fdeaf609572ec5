import type { Logger } from '../../base/index.ts';
import { deleteUdpFlows } from '../host/netlink-conntrack.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../host/netlink.ts';
import type { PortRecord } from './records.ts';

/**
 * Makes senders that never pause (statsd, syslog) follow when a UDP port is published anew or given back: address translation is
 * decided at the first datagram of a flow, and a flow that goes on keeps its old answer for ever.
 */
export function forgetFlows(ports: readonly PortRecord[], logger: Pick<Logger, 'warn'>): void {
  const udp = ports.filter((port) => port.protocol === 'udp' && port.hostPort !== undefined);
  if (udp.length === 0) return;
  let socket: NetlinkSocket | undefined;
  try {
    socket = NetlinkSocket.open(NETLINK_NETFILTER);
    for (const port of udp) {
      for (const family of [4, 6] as const) deleteUdpFlows(socket, family, port.hostPort ?? 0);
    }
  } catch (error) {
    logger.warn('old UDP flows were not ended', { error });
  } finally {
    socket?.close();
  }
}
