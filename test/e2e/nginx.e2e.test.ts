import { startNginx } from "../support/nginx.ts";
import { describeCaches } from "./describeCaches.ts";

describeCaches("nginx", startNginx, {
  command: [
    process.execPath,
    "-e",
    'fetch(process.argv[1], { headers: { "x-refresh": "1" } }).then((it) => it.arrayBuffer())',
    "{url}",
  ],
});
