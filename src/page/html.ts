/** The page of `giftwrap serve`. */
export const PAGE_HTML = "<!doctype html><title>Giftwrap</title>";
