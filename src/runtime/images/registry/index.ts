export { checkLogin, inspectDistribution, searchHub } from './distribution.ts';
export type { HttpResponse } from './http.ts';
export { pullImage, type PullContext, type PullQuery } from './pull.ts';
export { pushImage } from './push.ts';
export { Transfers } from './transfers.ts';
export { withWeb } from './web.ts';
