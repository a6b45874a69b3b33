declare module "unbzip2-stream" {
  /** A decoder to write packed bytes to; it emits unpacked ones as `data`, synchronously. */
  export default function unbzip2(): NodeJS.EventEmitter & { write(chunk: Buffer): boolean; end(): void };
}
