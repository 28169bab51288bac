declare module 'write-file-atomic' {
  /** Writes beside the file and renames: readers see the old text or the new one, never half of it. */
  function writeFileAtomic(file: string, text: string): Promise<void>;
  namespace writeFileAtomic {
    function sync(file: string, text: string): void;
  }
  export default writeFileAtomic;
}
