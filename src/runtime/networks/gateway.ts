/** Which of a container's endpoints carries its default route and its published ports. Pure. */
import type { DefaultRoute } from './inside-links.ts';
import type { EndpointRecord } from './records.ts';

/** Highest GwPriority first, then in the order of connection; endpoints of internal networks have no gateway. */
export function gatewayEndpoint(endpoints: readonly EndpointRecord[], family: 4 | 6): EndpointRecord | undefined {
  let best: EndpointRecord | undefined;
  for (const endpoint of endpoints) {
    const address = family === 4 ? endpoint.v4 : endpoint.v6;
    if (!address?.gateway) continue;
    if (!best || (endpoint.settings.GwPriority ?? 0) > (best.settings.GwPriority ?? 0)) best = endpoint;
  }
  return best;
}

export function defaultRoutes(endpoints: readonly EndpointRecord[]): DefaultRoute[] {
  const v4 = gatewayEndpoint(endpoints, 4);
  const v6 = gatewayEndpoint(endpoints, 6);
  return [
    ...(v4?.v4 ? [{ link: v4.link, gateway: v4.v4.gateway }] : []),
    ...(v6?.v6 ? [{ link: v6.link, gateway: v6.v6.gateway }] : []),
  ];
}
