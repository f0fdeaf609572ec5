/** What `cp` uses of the streams of tar-stream: their own declarations differ between its versions and those of its type packages. */
export interface Header {
  readonly name: string;
  readonly type: 'file' | 'link' | 'symlink' | 'directory' | 'block-device' | 'character-device' | 'fifo' | 'contiguous-file';
  readonly size: number;
  readonly mode: number;
  readonly mtime: Date;
  readonly linkname: string;
  readonly uid: number;
  readonly gid: number;
}

export interface TarEntry extends AsyncIterable<Uint8Array> {
  readonly header: Header;
  resume(): unknown;
}

export interface TarParser extends AsyncIterable<TarEntry> {
  write(piece: Uint8Array): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  once(event: string, listener: () => void): unknown;
}

export interface TarSink {
  write(piece: Uint8Array): boolean;
  end(): unknown;
  destroy(error?: Error): unknown;
  once(event: string, listener: () => void): unknown;
}

export interface TarPacker extends AsyncIterable<Uint8Array> {
  entry(header: Partial<Header>, done: (error?: Error | null) => void): TarSink;
  entry(header: Partial<Header>, content: string, done: (error?: Error | null) => void): TarSink;
  finalize(): void;
  destroy(error?: Error): unknown;
}
