# One regional cache before the origin at ORIGIN_PORT, which test/support/varnish.ts writes in. It honours Cache-Control.
vcl 4.1;

backend origin {
  .host = "127.0.0.1";
  .port = "ORIGIN_PORT";
}

acl operators {
  "127.0.0.1";
}

sub vcl_recv {
  if (req.method == "PURGE") {
    if (client.ip !~ operators || REFUSES_PURGE) {
      return (synth(405));
    }
    return (purge);
  }
  # What has expired is fetched anew while the reader waits: a stop must not be one question late.
  if (req.restarts == 0) {
    set req.grace = 0s;
  }
}

sub vcl_backend_response {
  # As stale-if-error=86400 has it; see vcl_deliver.
  set beresp.grace = 24h;
  if (beresp.status == 404) {
    set beresp.grace = 0s;
  }
  if (bereq.url == "/metadata/timestamp.json" && beresp.status == 200 && IS_STUCK) {
    set beresp.ttl = 1h;
  }
}

sub vcl_deliver {
  # The origin is down: what has expired is better than nothing.
  if (resp.status == 503 && req.restarts == 0) {
    set req.grace = 24h;
    return (restart);
  }
}
