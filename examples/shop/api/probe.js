// Health probe: 0 when the API can reach its database and cache.
require('node:http')
  .get({ port: Number(process.env.PORT), path: '/ready', timeout: 2000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1))
  .on('timeout', () => process.exit(1));
