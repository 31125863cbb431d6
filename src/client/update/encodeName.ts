/** Any name as one part of a path, in which nothing has a meaning but percent signs (RFC 3986, section 2.3). */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
