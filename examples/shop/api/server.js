// GET /items lists, POST /items {"name": "…"} adds, GET /who tells which replica answers.
const http = require('node:http');
const os = require('node:os');
const { readFileSync } = require('node:fs');
const { Pool } = require('pg');
const redis = require('redis');

const password = readFileSync(process.env.PGPASSWORD_FILE, 'utf8').trim();
const db = new Pool({ password, max: 5 });
const cache = redis.createClient({ url: process.env.REDIS_URL });
const cacheSeconds = Number(process.env.CACHE_SECONDS);

async function readBody(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) throw Object.assign(new Error('too large'), { status: 413 });
  }
  return JSON.parse(text);
}

async function listItems() {
  const cached = await cache.get('items');
  if (cached) return { from: 'cache', items: JSON.parse(cached) };
  const { rows } = await db.query('SELECT id, name FROM items ORDER BY id');
  await cache.set('items', JSON.stringify(rows), { EX: cacheSeconds });
  return { from: 'database', items: rows };
}

async function addItem(request) {
  const { name } = await readBody(request);
  if (typeof name !== 'string' || name === '') throw Object.assign(new Error('name is missing'), { status: 400 });
  const { rows } = await db.query('INSERT INTO items (name) VALUES ($1) RETURNING id, name', [name]);
  await cache.del('items');
  return rows[0];
}

async function answer(request) {
  const route = `${request.method} ${request.url}`;
  if (route === 'GET /items') return listItems();
  if (route === 'POST /items') return addItem(request);
  if (route === 'GET /who') return { host: os.hostname(), version: process.env.SHOP_VERSION };
  if (route === 'GET /ready') {
    await db.query('SELECT 1');
    return { ready: true, cache: await cache.ping() };
  }
  throw Object.assign(new Error('no such page'), { status: 404 });
}

const server = http.createServer(async (request, response) => {
  try {
    const body = await answer(request);
    response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
  } catch (error) {
    response.writeHead(error.status ?? 500, { 'content-type': 'application/json' }).end(`${JSON.stringify({ error: error.message })}\n`);
  }
  console.log(`${request.method} ${request.url} ${response.statusCode}`);
});

cache.on('error', (error) => console.error('cache:', error.message));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    console.log('closing');
    server.close(() => Promise.allSettled([db.end(), cache.quit()]).then(() => process.exit(0)));
    server.closeIdleConnections();
  });
}
cache.connect().then(() => server.listen(Number(process.env.PORT), () => console.log(`listening on ${process.env.PORT}`)));
