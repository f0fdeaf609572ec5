export { openNetworks } from './networks.ts';
export type { NetworksOptions } from './networks.ts';
export { RESOLVER_BUILD, RESOLVER_BUNDLE } from './resolver-entry.ts';
