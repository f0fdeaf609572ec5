import { EngineError } from '../../base/index.ts';
import { compareApiVersions, type ContainerConfig, type Engine, type RegistryAuth } from '../../engine-api/index.ts';
import { CONTAINER_CONFIG } from '../bodies.ts';
import { type ApiCall, authHeader, param, readBody, type Route } from '../call.ts';
import { sendBytes, sendEmpty, sendJson, sendProgress } from '../respond.ts';

/** Images by name: a name may hold slashes, so the more special patterns come first. */
export function imageRoutes({ images }: Engine): readonly Route[] {
  return [
    ['GET', '/images/json', async (call) => {
      const { query } = call;
      const filters = query.filters() ?? {};
      const legacy = query.text('filter');
      if (legacy !== undefined) filters['reference'] = [legacy];
      const list = await images.list({
        all: query.bool('all'),
        digests: query.bool('digests'),
        sharedSize: query.bool('shared-size'),
        ...(Object.keys(filters).length > 0 && { filters }),
      }, call.options);
      // the field left the API with 1.44, but older clients read it
      sendJson(call, 200, isBefore144(call) ? list.map((image) => ({ ...image, VirtualSize: image.Size })) : list);
    }],
    ['GET', '/images/search', async (call) => {
      const limit = call.query.int('limit', 'invalid', 'invalid limit specified: ');
      const filters = call.query.filters();
      sendJson(call, 200, await images.search({ term: call.query.text('term') ?? '', ...(limit !== undefined && { limit }), ...(filters && { filters }) }, call.options));
    }],
    ['GET', '/images/get', async (call) => {
      const names = (call.query.list('names') ?? []).flatMap((name) => name.split(','));
      await sendBytes(call, 'application/x-tar', await images.save(names, call.options));
    }],
    ['GET', '/images/:name*/get', async (call) => {
      await sendBytes(call, 'application/x-tar', await images.save([param(call, 'name')], call.options));
    }],
    ['GET', '/images/:name*/history', async (call) => {
      sendJson(call, 200, await images.history(param(call, 'name'), call.options));
    }],
    ['GET', '/images/:name*/json', async (call) => {
      const image = await images.inspect(param(call, 'name'), call.options);
      sendJson(call, 200, isBefore144(call) ? { ...image, VirtualSize: image.Size } : image);
    }],
    ['POST', '/images/create', createImage(images)],
    ['POST', '/images/load', async (call) => {
      await sendProgress(call, await images.load(call.body, { quiet: call.query.bool('quiet', true) }, call.options));
    }],
    ['POST', '/images/prune', async (call) => {
      const { ImagesDeleted, SpaceReclaimed } = await images.prune(call.query.filters(), call.options);
      sendJson(call, 200, { ImagesDeleted: ImagesDeleted ?? null, SpaceReclaimed });
    }],
    ['POST', '/images/:name*/push', async (call) => {
      const [tag, auth] = [call.query.text('tag'), authHeader<RegistryAuth>(call, 'x-registry-auth')];
      await sendProgress(call, await images.push(param(call, 'name'), { ...(tag && { tag }), ...(auth && { auth }) }, call.options));
    }],
    ['POST', '/images/:name*/tag', async (call) => {
      const [repo, tag] = [call.query.text('repo') ?? '', call.query.text('tag')];
      await images.tag(param(call, 'name'), { repo, ...(tag && { tag }) }, call.options);
      sendEmpty(call, 201);
    }],
    ['DELETE', '/images/:name*', async (call) => {
      const name = param(call, 'name');
      if (name.trim() === '') throw new EngineError('invalid', 'image name cannot be blank');
      sendJson(call, 200, await images.remove(name, { force: call.query.bool('force'), noprune: call.query.bool('noprune') }, call.options));
    }],
    ['GET', '/distribution/:name*/json', async (call) => {
      sendJson(call, 200, await images.distribution(param(call, 'name'), authHeader<RegistryAuth>(call, 'x-registry-auth'), call.options));
    }],
    ['POST', '/commit', async (call) => {
      const { query } = call;
      const container = query.text('container');
      if (container === undefined) throw new EngineError('invalid', 'invalid name or ID supplied: ""');
      const config = call.headers['content-type'] === undefined ? undefined : await readBody<ContainerConfig>(call, CONTAINER_CONFIG, 'ContainerConfigWrapper');
      const options = optional({ repo: query.text('repo'), tag: query.text('tag'), comment: query.text('comment'), author: query.text('author') });
      const changes = query.list('changes');
      sendJson(call, 201, await images.commit(
        { container, pause: query.bool('pause', true), ...options, ...(changes && { changes }) },
        config,
        call.options,
      ));
    }],
  ];
}

function isBefore144(call: ApiCall): boolean {
  return compareApiVersions(call.version, '1.44') < 0;
}

/** One path for two things: `fromImage` pulls, `fromSrc` imports a root file system. */
function createImage(images: Engine['images']): Route[2] {
  return async (call) => {
    const { query } = call;
    const fromImage = query.text('fromImage');
    const common = optional({ tag: query.text('tag'), platform: query.text('platform') });
    if (fromImage !== undefined) {
      const auth = authHeader<RegistryAuth>(call, 'x-registry-auth');
      return sendProgress(call, await images.pull({ fromImage, ...common, ...(auth && { auth }) }, call.options));
    }
    const source = query.text('fromSrc');
    if (source === undefined) throw new EngineError('invalid', 'neither fromImage nor fromSrc is given');
    const changes = query.list('changes');
    const options = { ...common, ...optional({ repo: query.text('repo'), message: query.text('message') }), ...(changes && { changes }), ...(source !== '-' && { source }) };
    return sendProgress(call, await images.import(options, call.body, call.options));
  };
}

/** Without the keys whose value is undefined. */
function optional<K extends string>(values: Record<K, string | undefined>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Record<K, string>>;
}
