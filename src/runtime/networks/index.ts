export { openNetworks } from './networks.ts';
export type { NetworksOptions } from './networks.ts';
export { RESOLVER_BUNDLE } from './resolver-entry.ts';
