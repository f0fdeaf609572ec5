export { checkLogin, inspectDistribution, searchHub } from './distribution.ts';
export { HttpClient, type HttpResponse } from './http.ts';
export { pullImage, type PullContext, type PullQuery } from './pull.ts';
export { pushImage } from './push.ts';
export { systemCertificates } from './registry-config.ts';
export { Transfers } from './transfers.ts';
