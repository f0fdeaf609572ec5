export { StatDigestCache } from './digest-cache.ts';
export { FileStore } from './file-store.ts';
export { readTarTree } from './tar-tree.ts';
