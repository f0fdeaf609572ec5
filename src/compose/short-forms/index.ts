/** Parsers of the short syntaxes, one for each. */
export { splitCommand } from './command.ts';
export { type PortError, type ShortPort, parsePorts } from './port.ts';
export { type ShortVolume, parseVolume } from './volume.ts';
