declare module 'seek-bzip' {
  const Bunzip: {
    /** Throws where the input is no bzip2. `output` is given each byte. */
    decode(input: Uint8Array, output?: unknown, multistream?: boolean): Uint8Array;
  };
  export default Bunzip;
}
