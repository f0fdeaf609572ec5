export { type EngineServer, serveEngine, type ServeOptions } from './server.ts';
export { MAX_API_VERSION, MIN_API_VERSION } from './version.ts';
