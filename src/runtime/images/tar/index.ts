export { encodeHeader, END_OF_ARCHIVE, padding, TarError, type TarEntry, type TarType } from './header.ts';
export { TarReader, type TarSink } from './reader.ts';
