import { startVarnish } from "../support/varnish.ts";
import { describeCaches } from "./describeCaches.ts";

describeCaches("Varnish", startVarnish, { method: "PURGE" });
