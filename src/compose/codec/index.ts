/** Codecs between the canonical tree, the typed model, and what `config` prints. */
export type { Codec, Decoding, Plain, Printing } from './codec.ts';
export { extensionsOf, plainValue, record, sortedRecord } from './collections.ts';
export { fileObject, model, network, volume } from './resources.ts';
export { service, serviceKeys } from './service.ts';
