import { startNginx } from "../support/nginx.ts";
import { describeCaches } from "./describeCaches.ts";

// No Node: a publish starts it for every edge and at every purge, and its start was most of what these tests took.
const REFRESH = `
address=\${1#http://}
host=\${address%%/*}
exec 3<>"/dev/tcp/\${host%:*}/\${host#*:}"
printf 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\nX-Refresh: 1\\r\\nConnection: close\\r\\n\\r\\n' "\${address#*/}" "$host" >&3
cat <&3 >/dev/null
`;

describeCaches("nginx", startNginx, { command: ["bash", "-c", REFRESH, "refresh", "{url}"] });
