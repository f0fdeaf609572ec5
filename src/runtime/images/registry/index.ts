export { checkLogin, inspectDistribution, searchHub } from './distribution.ts';
export { pullImage, type PullContext, type PullQuery } from './pull.ts';
export { pushImage } from './push.ts';
export { Transfers } from './transfers.ts';
