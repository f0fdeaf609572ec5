import type { Engine } from '../engine-api/index.ts';

/** Calls that look and do not touch. */
const READS = /^(list|inspect|history|logs|top|stats|changes|statPath|ping|version|info|events|diskUsage|distribution|search|wait)$/;

/** Calls that answer a stream of progress. */
const PROGRESS = /^(pull|push|build|import|load)$/;

async function* nothing(): AsyncGenerator<never> {}

/** An engine whose changing calls succeed at once and do nothing: `--dry-run` of verbs on containers that exist. */
export function dryEngine(engine: Engine): Engine {
  const group = <T extends object>(api: T): T =>
    new Proxy(api, {
      get(target, name, receiver) {
        const method: unknown = Reflect.get(target, name, receiver);
        if (typeof method !== 'function' || READS.test(String(name))) return method;
        return () => Promise.resolve(PROGRESS.test(String(name)) ? nothing() : true);
      },
    });
  return {
    apiVersion: engine.apiVersion,
    system: engine.system,
    containers: group(engine.containers),
    exec: group(engine.exec),
    images: group(engine.images),
    networks: group(engine.networks),
    volumes: group(engine.volumes),
    close: () => engine.close(),
  };
}
