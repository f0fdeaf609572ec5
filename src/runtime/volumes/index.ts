export { openVolumes } from './volumes.ts';
