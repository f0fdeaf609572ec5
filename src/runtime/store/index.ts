export { ContainerStore } from './container-store.ts';
