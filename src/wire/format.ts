/** Whether a format that was received is of the major version that this code knows: then it can be read, and is not newer than the app. */
export function isKnownFormat(format: unknown, known: string): boolean {
  return typeof format === "string" && format.split(".")[0] === known.split(".")[0];
}
