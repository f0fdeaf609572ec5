/** The version of this program. The build puts the one of package.json here; sources run as "dev". */
declare const TSCOMPOSE_VERSION: string | undefined;

export const VERSION: string = typeof TSCOMPOSE_VERSION === 'string' ? TSCOMPOSE_VERSION : 'dev';
