/**
 * The page of `giftwrap smoke`: a room with nothing in it but gifts. Only its own scripts run, whatever a gift carries, and it reads
 * from its own address alone; the package `svga` compiles its decoder while it runs and needs eval.
 */
export const SMOKE_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' 'unsafe-eval'; worker-src blob:; style-src 'unsafe-inline'; img-src blob: data:; media-src blob: data:; font-src data:; connect-src 'self' blob:; base-uri 'none'; form-action 'none'">
<title>Giftwrap smoke</title>
<style>
body { margin: 0; background: #16161d; width: 100vw; height: 100vh; overflow: hidden; position: relative }
</style>
</head>
<body><script type="module" src="/app/page/smoke/main.js"></script></body>
</html>
`;
