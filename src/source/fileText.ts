/** A file's whole text; null where there is, or is to be, none. */
export interface FileText {
  readonly path: string;
  readonly text: string | null;
}
