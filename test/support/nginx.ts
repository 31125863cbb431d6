import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCache, type StartCache } from "./cache.ts";

/**
 * A real nginx with a cache before the origin. It knows no PURGE; a request with the header x-refresh is passed on, and its
 * answer kept.
 */
export const startNginx: StartCache = (originUrl, { stuck = false } = {}) =>
  runCache(async (folder, port) => {
    const file = join(folder, "nginx.conf");
    const isRoot = process.getuid?.() === 0;
    await writeFile(
      file,
      `${isRoot ? "user root;" : ""}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=edge:4m;
  server {
    listen 127.0.0.1:${port};
    proxy_cache edge;
    proxy_cache_use_stale error timeout;
    location / {
      proxy_pass ${originUrl};
      proxy_cache_bypass $http_x_refresh;
    }
    location = /metadata/timestamp.json {
      proxy_pass ${originUrl}metadata/timestamp.json;
      ${
        stuck
          ? "proxy_ignore_headers Cache-Control; proxy_cache_valid 200 1h;"
          : "proxy_cache_bypass $http_x_refresh;"
      }
    }
  }
}
`,
    );
    return ["nginx", "-p", folder, "-c", file, "-e", join(folder, "error.log"), "-g", "daemon off;"];
  });
