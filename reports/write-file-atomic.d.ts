declare module 'write-file-atomic' {
  /** Writes beside the file and renames: readers see the old text or the new one, never half of it. */
  export default function writeFileAtomic(file: string, text: string): Promise<void>;
}
