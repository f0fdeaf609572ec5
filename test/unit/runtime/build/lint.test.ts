import { describe, expect, it } from 'vitest';
import { createIgnoreMatcher } from '../../../../src/base/index.ts';
import { lintDockerfile, parseDockerfile } from '../../../../src/runtime/build/dockerfile/index.ts';

const lint = (text: string, ignore: string[] = []) =>
  lintDockerfile(parseDockerfile(text), {
    platformArgs: { TARGETPLATFORM: 'linux/amd64', TARGETARCH: 'amd64', BUILDPLATFORM: 'linux/amd64' },
    ignore: createIgnoreMatcher(ignore),
    basePlatform: (stage) => (stage.from.base === 'other' ? { actual: 'linux/arm64', expected: 'linux/amd64' } : undefined),
    baseEnv: (stage) => (stage.from.base === 'unknown' ? undefined : ['PATH=/bin']),
  });
const rules = (text: string, ignore?: string[]): string[] => lint(text, ignore).findings.map(({ rule, span }) => `${rule}:${span.line}`);

describe('lintDockerfile', () => {
  it.each<[string, string[]]>([
    ['FROM a AS Build', ['StageNameCasing:1']],
    ['FROM a as b', ['FromAsCasing:1']],
    ['from a as b', []],
    ['FROM a\nRUN x \\\n\n  y', ['NoEmptyContinuation:3']],
    ['FROM a\nRUN x\nrun y', ['ConsistentInstructionCasing:3']],
    ['FROM a AS x\nFROM b AS x', ['DuplicateStageName:2']],
    ['FROM a AS scratch', ['ReservedStageName:1']],
    ['FROM a\nCMD x', ['JSONArgsRecommended:2']],
    ['FROM a\nSHELL ["x"]\nCMD x', []],
    ['FROM a\nENTRYPOINT ["x"]', []],
    ['FROM a\nMAINTAINER x', ['MaintainerDeprecated:2']],
    ['ARG V=1\nFROM a:$W', ['UndefinedArgInFrom:2']],
    ['FROM a:$TARGETARCH', []],
    ['FROM a\nWORKDIR x', ['WorkdirRelativePath:2']],
    ['FROM a\nWORKDIR /x\nWORKDIR y', []],
    ['FROM a\nUSER $NOBODY', ['UndefinedVar:2']],
    ['FROM a\nARG NOBODY\nUSER $NOBODY', []],
    ['FROM a\nENV X=$PATH:/x', []],
    ['FROM a AS b\nENV X=1\nFROM b\nUSER $X', []],
    ['FROM unknown\nUSER $X', []],
    ['FROM a\nRUN echo $X', []],
    ['FROM a\nCMD ["x"]\nCMD ["y"]', ['MultipleInstructionsDisallowed:2']],
    ['FROM a\nENV x y', ['LegacyKeyValueFormat:2']],
    ['FROM a\nLABEL "x y"=z', []],
    ['FROM --platform=$TARGETPLATFORM a', ['RedundantTargetPlatform:1']],
    ['FROM --platform=$BUILDPLATFORM a', []],
    ['FROM --platform=linux/amd64 a', ['FromPlatformFlagConstDisallowed:1']],
    ['FROM --platform=linux/amd64 a AS build_amd64', []],
    ['FROM a\nARG AWS_SECRET_KEY', ['SecretsUsedInArgOrEnv:2']],
    ['FROM a\nENV GITHUB_TOKEN=x PUBLIC_KEY=y MONKEY=z', ['SecretsUsedInArgOrEnv:2']],
    ['FROM other', ['InvalidBaseImagePlatform:1']],
    ['ARG TAG\nFROM a:$TAG', ['InvalidDefaultArgInFrom:2']],
    ['ARG TAG=1\nFROM a:$TAG', []],
    ['FROM a\nEXPOSE 80/TCP', ['ExposeProtoCasing:2']],
    ['FROM a\nEXPOSE 127.0.0.1:80:80', ['ExposeInvalidFormat:2']],
    ['# check=experimental=all\n# other\nFROM a AS x', ['InvalidDefinitionDescription:3']],
    ['# check=experimental=all\n# x does it\nFROM a AS x', []],
  ])('%j gives %j', (text, expected) => {
    expect(rules(text)).toEqual(expected);
  });

  it('finds copies of ignored files', () => {
    expect(rules('FROM a\nCOPY secret.txt ./other /\nCOPY --from=x secret.txt /', ['secret.txt'])).toEqual(['CopyIgnoredFile:2']);
  });

  it('names what was probably meant', () => {
    expect(lint('FROM a\nENV VERSION=1\nUSER $VERSON').findings[0]?.message).toBe("Usage of undefined variable '$VERSON' (did you mean $VERSION?)");
  });

  it('skips rules and fails when the file says so', () => {
    expect(rules('# check=skip=JSONArgsRecommended,StageNameCasing\nFROM a AS B\nCMD x')).toEqual([]);
    expect(rules('# check=skip=all\nFROM a AS B\nCMD x')).toEqual([]);
    expect(lint('# check=error=true\nFROM a\nCMD x').fail).toBe(true);
    expect(lint('# check=error=true\nFROM a').fail).toBe(false);
  });
});
