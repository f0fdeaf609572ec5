/** Dockerfiles whose images must equal BuildKit's: every instruction, flag and form that BuildKit 0.13 (dockerd 26) knows. */
export interface Case {
  readonly title: string;
  readonly dockerfile: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly ignore?: string;
  /** Secret id to content. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** The last stage decides whether the image stands on the base. */
export const isFromScratch = ({ dockerfile, target }: Case): boolean => target === undefined && /FROM scratch(?![\s\S]*\nFROM )/.test(dockerfile);

const B = 'FROM tsc-base\n';
const one = (title: string, dockerfile: string, more: Partial<Case> = {}): Case => ({ title, dockerfile: B + dockerfile, ...more });

export const cases: readonly Case[] = [
  { title: 'FROM scratch and nothing but files', dockerfile: 'FROM scratch\nCOPY a.txt /\nCOPY dir /d/\n' },
  { title: 'FROM scratch with metadata', dockerfile: 'FROM scratch\nENV A=1\nLABEL x=y\nCOPY a.txt /\nUSER 5\n' },
  one('RUN, shell and exec', 'RUN echo one > /one && mkdir -p /d/e\nRUN ["/bin/sh", "-c", "echo two > /two"]\n'),
  one('RUN that changes nothing', 'RUN true\nRUN echo x > /x\n'),
  one('RUN that deletes, replaces and links', 'RUN mkdir -p /q /etc/conf/old && echo 1 > /q/a && echo 2 > /q/b && ln /q/a /q/h && ln -s a /q/s\nRUN rm /q/b /bin/yes && rm -r /etc/conf && mkdir /etc/conf && echo new > /etc/conf/new\nRUN rm -r /q\n'),
  one('RUN with modes, owners and a pipe', 'RUN echo x > /x && chmod 4711 /x && chown 5:7 /x && mkfifo /p && mkdir -m 1777 /t && chmod 700 /root\n'),
  one('RUN heredoc', 'RUN <<EOF\necho first > /f\necho second >> /f\nEOF\nRUN <<-EOT cat > /g\n\ttab $HOME\n\tstays\nEOT\n'),
  one('RUN heredoc with an interpreter', 'RUN <<EOF\n#!/bin/busybox sh\necho "$0" | grep -c . > /n\nEOF\n'),
  one('RUN --mount of a bind, a cache, a tmpfs', 'RUN --mount=target=/m --mount=type=cache,target=/c --mount=type=tmpfs,target=/t cat /m/a.txt > /got && echo c > /c/x && echo t > /t/x\n'),
  one('RUN --mount of a secret', 'RUN --mount=type=secret,id=token cat /run/secrets/token | wc -c > /n\n', { secrets: { token: 'abc' } }),
  one('RUN --network=none', 'RUN --network=none echo x > /x\n'),
  one('RUN sees ARG and ENV', 'ARG A=1\nENV E=2\nRUN echo $A $E > /v\nARG A=3 B\nRUN echo $A $B > /w\n', { args: { B: 'given' } }),
  one('predefined ARGs leave no trace', 'RUN echo ${HTTP_PROXY:+set} > /p\n', { args: { HTTP_PROXY: 'http://127.0.0.1:1' } }),
  one('CMD in both forms, the last wins', 'CMD echo one\nCMD ["echo", "two"]\n'),
  one('CMD shell', 'CMD echo $HOME "quoted"\n'),
  one('ENTRYPOINT clears the CMD of the base', 'ENTRYPOINT ["/bin/sh", "-c"]\n'),
  one('ENTRYPOINT keeps an own CMD before it', 'CMD ["x"]\nENTRYPOINT exec top\n'),
  one('JSON that is none is a shell form', "CMD ['a', 'b']\n"),
  one('ENV in all forms', 'ENV A=1 B="two words" C=three\\ words\nENV D legacy value with  spaces\nENV A=2 E=$A F=${D:-no} G=${X:-dflt} H=${A:+alt} I=\\$A J=\'$A\'\nENV PATH=/opt/bin:$PATH\n'),
  one('LABEL in all forms', 'LABEL a=1 b="two words" "c d"=e\nLABEL legacy value here\nLABEL multi="line1 \\\nline2"\n'),
  one('EXPOSE', 'ARG P=99\nEXPOSE 80 443/tcp 53/udp $P\nEXPOSE 7000-7002/udp\n'),
  one('USER, WORKDIR, VOLUME, STOPSIGNAL', 'WORKDIR /w\nWORKDIR sub/../other\nUSER daemon:staff\nWORKDIR made\nVOLUME /v1 /v2\nVOLUME ["/v3", "/v 4"]\nSTOPSIGNAL SIGUSR1\nRUN pwd > /tmp/pwd; id -u > /tmp/id\n'),
  one('WORKDIR with a variable', 'ENV W=/from/env\nWORKDIR $W/x\nCOPY a.txt .\n'),
  one('HEALTHCHECK', 'HEALTHCHECK --interval=5s --timeout=1m --start-period=2s --start-interval=500ms --retries=7 CMD ["true"]\n'),
  one('HEALTHCHECK shell', 'HEALTHCHECK CMD wget -q localhost || exit 1\n'),
  one('HEALTHCHECK NONE', 'HEALTHCHECK CMD true\nHEALTHCHECK NONE\n'),
  one('SHELL', 'SHELL ["/bin/busybox", "sh", "-ec"]\nRUN echo x > /x\nCMD y\nENTRYPOINT z\nHEALTHCHECK CMD w\n'),
  one('ONBUILD is kept', 'ONBUILD RUN echo x\nONBUILD COPY a.txt /\n'),
  { title: 'ONBUILD fires once', dockerfile: 'FROM tsc-base AS parent\nONBUILD ENV FIRED=1\nONBUILD COPY a.txt /fired\nFROM parent AS child\nRUN echo $FIRED > /child\nFROM child\nENV X=1\n' },
  one('MAINTAINER', 'MAINTAINER Somebody <s@example.org>\n'),
  one('COPY of a file, to a name, to a directory, several', 'COPY a.txt /x\nCOPY a.txt /y/\nCOPY a.txt b.txt exec.sh /z/\n'),
  one('COPY of a directory, into one that is there', 'COPY dir /etc/conf\nCOPY dir/ /new\nCOPY dir/sub /new2/\n'),
  one('COPY with patterns', 'COPY *.txt /t/\nCOPY dir/*/dee? /u/\nCOPY [ab].txt /v/\nCOPY d*r /w/\n'),
  one('COPY JSON form', 'COPY ["sp ace.txt", "a.txt", "/s p/"]\n'),
  one('COPY of symlinks', 'COPY link /l1\nCOPY dirlink /l2\nCOPY links /l3\n'),
  one('COPY keeps modes', 'COPY exec.sh setuid secret /m/\n'),
  one('COPY --chmod and --chown', 'COPY --chmod=640 a.txt /m/a\nCOPY --chown=daemon dir /m/b\nCOPY --chown=5:staff --chmod=0755 dir /m/c\nCOPY --chown=:50 a.txt /m/d\n'),
  one('COPY --link', 'COPY --link a.txt /etc/conf/\nCOPY --link --chown=3:4 dir /l/\n'),
  one('COPY heredoc', 'ARG N=name\nCOPY <<EOF /h1\nhello $N\nEOF\nCOPY <<"EOF" <<-two.txt /h2/\nraw $N\nEOF\n\tdetabbed $N\n\ttwo.txt\nCOPY --chmod=700 <<script /h3\n#!/bin/sh\nscript\n'),
  one('COPY through a symlink of the image', 'RUN ln -s /real /alias && mkdir /real\nCOPY a.txt /alias/x\nCOPY dir /alias/\n'),
  one('COPY of the whole context under an ignore file', 'COPY . /all/\n', { ignore: '# comment\n*.log\n**/*.log\nDockerfile\n!dir/two.log\nemptydir\nlinks\n' }),
  { title: 'COPY --from a stage, an image, a number', dockerfile: 'FROM tsc-base AS st\nRUN mkdir /o && echo o > /o/f && chown 3:4 /o/f && ln /o/f /o/h\nFROM scratch\nCOPY --from=st /o /a/\nCOPY --from=0 /o/f /b\nCOPY --from=tsc-base /etc/passwd /c\nCOPY --from=st /etc/../o/h /d/\n' },
  { title: 'stages that inherit ARG, ENV, USER', dockerfile: 'ARG G=global\nFROM tsc-base AS p\nARG G\nARG L=local\nENV E=$G\nUSER daemon\nFROM p\nRUN echo $G $L $E > /tmp/x\nARG L\nRUN echo $L >> /tmp/x\n' },
  { title: 'a target, and stages that it does not need', dockerfile: 'FROM tsc-base AS a\nRUN echo a > /a\nFROM nowhere.invalid/x AS b\nFROM a AS c\nRUN echo c > /c\nFROM b\n', target: 'c' },
  { title: 'ARG in FROM and platform ARGs', dockerfile: 'ARG BASE=tsc-base\nFROM --platform=$BUILDPLATFORM $BASE\nARG TARGETOS\nARG TARGETPLATFORM\nRUN echo $TARGETOS $TARGETPLATFORM > /p\n' },
  one('ADD of files and archives', 'ADD a.txt /x\nADD arch.tar /y\nADD arch.tar.gz /z/\nADD a.txt dir /w/\n'),
  one('ADD --chown and --chmod', 'ADD --chown=3:4 a.txt /x\nADD --chmod=700 a.txt /y/\n'),
  one('comments, continuations, blank lines, case', '# a comment\nrUn echo a \\\n# inside\n\n  b > /x\nenv  A=1 \\\n  B=2\n'),
  { title: 'the escape directive', dockerfile: '# escape=`\nFROM tsc-base\nRUN echo a `\n  b > /x\nENV P=c:\\dir Q=`$x\n' },
  { title: 'CRLF, BOM, tabs', dockerfile: '\uFEFFFROM tsc-base\r\nENV A=1\r\nRUN echo\ta > /x\r\n' },
  one('variables with operators', 'ENV A=abc EMPTY=\nENV B=${A:-x}${EMPTY:-y}${EMPTY-z}${NONE:+n}${A:+p}\nLABEL l=${A}_$B\nWORKDIR /${NONE:-w}/$A\n'),
];

/** What must be refused, and how. */
export const faults: readonly Case[] = [
  { title: 'an empty file', dockerfile: '' },
  { title: 'comments only', dockerfile: '# nothing\n' },
  { title: 'no FROM', dockerfile: 'RUN true\n' },
  { title: 'ARG but no FROM', dockerfile: 'ARG A=1\nRUN true\n' },
  one('an unknown instruction', 'RNU true\n'),
  one('an unknown flag', 'COPY --form=x a b\n'),
  one('a flag without value', 'COPY --from a /b\n'),
  one('COPY with one argument', 'COPY a\n'),
  one('COPY of what is not there', 'COPY missing.txt /\n'),
  one('COPY out of the context', 'COPY ../../etc/passwd /\n'),
  one('COPY of several to a file', 'COPY a.txt b.txt /x\n'),
  one('COPY of an ignored file', 'COPY a.txt /\n', { ignore: 'a.txt\n' }),
  one('COPY --from an unknown stage', 'COPY --from=1 /x /y\n'),
  one('COPY --from itself', 'COPY --from=0 /etc/passwd /y\n'),
  one('COPY --chown of an unknown user', 'COPY --chown=nosuch a.txt /\n'),
  one('COPY --chmod of no mode', 'COPY --chmod=9z a.txt /\n'),
  one('RUN that fails', 'RUN echo before; exit 7\n'),
  one('RUN of what is not there', 'RUN ["/nosuch"]\n'),
  one('RUN with an unknown mount type', 'RUN --mount=type=nope,target=/x true\n'),
  one('RUN mount without a target', 'RUN --mount=type=cache true\n'),
  one('RUN with a required secret that is missing', 'RUN --mount=type=secret,id=s,required=true true\n'),
  one('RUN with an unknown network', 'RUN --network=some true\n'),
  one('ENV without a value', 'ENV A\n'),
  one('ENV without a name', 'ENV =x\n'),
  one('LABEL without a value', 'LABEL a\n'),
  one('EXPOSE of no port', 'EXPOSE eighty\n'),
  one('STOPSIGNAL of no signal', 'STOPSIGNAL SIGNOPE\n'),
  one('HEALTHCHECK of an unknown type', 'HEALTHCHECK MAYBE\n'),
  one('HEALTHCHECK with a bad duration', 'HEALTHCHECK --interval=5x CMD true\n'),
  one('HEALTHCHECK with too short an interval', 'HEALTHCHECK --interval=1us CMD true\n'),
  one('ONBUILD FROM', 'ONBUILD FROM x\n'),
  one('ONBUILD ONBUILD', 'ONBUILD ONBUILD RUN true\n'),
  one('SHELL in shell form', 'SHELL /bin/sh -c\n'),
  one('a variable with an unknown operator', 'ENV A=${B:/x}\n'),
  one('a variable that must be set', 'ENV A=${B:?is needed}\n'),
  one('an unterminated quote', 'ENV A="x\n'),
  one('an unterminated heredoc', 'RUN <<EOF\necho\n'),
  { title: 'FROM with too much', dockerfile: 'FROM tsc-base AS\n' },
  { title: 'FROM with an invalid stage name', dockerfile: 'FROM tsc-base AS 1up\n' },
  { title: 'FROM with an invalid reference', dockerfile: 'FROM Upper:case\n' },
  { title: 'FROM an empty variable', dockerfile: 'FROM $NOTHING\n' },
  { title: 'FROM a platform that is none', dockerfile: 'FROM --platform=a/b/c/d tsc-base\n' },
  { title: 'a target that is not there', dockerfile: 'FROM tsc-base\n', target: 'nope' },
  { title: 'two escape directives', dockerfile: '# escape=`\n# escape=`\nFROM tsc-base\n' },
  { title: 'an escape of two characters', dockerfile: '# escape=xx\nFROM tsc-base\n' },
];
