import type { EnvironmentFile } from "../model/schemas.ts";
import type { Store } from "./store.ts";

export type S3Options = Extract<EnvironmentFile["store"], { s3: unknown }>["s3"];

/** A bucket that speaks S3. Credentials come from the variables, or from the platform. */
export function s3Store(_options: S3Options, _variables: NodeJS.ProcessEnv): Store {
  throw new TypeError("the S3 driver is on its way");
}
