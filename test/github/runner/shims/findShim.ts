import { appToken } from "./appToken.ts";
import { checkout } from "./checkout.ts";
import { awsCredentials } from "./awsCredentials.ts";
import { downloadArtifact } from "./downloadArtifact.ts";
import { setupNode } from "./setupNode.ts";
import type { Shim } from "./shim.ts";
import { uploadArtifact } from "./uploadArtifact.ts";

/** Exactly the actions of others that our workflows use. */
export const SHIMS: Readonly<Record<string, Shim>> = {
  "actions/checkout": checkout,
  "actions/create-github-app-token": appToken,
  "actions/download-artifact": downloadArtifact,
  "actions/setup-node": setupNode,
  "actions/upload-artifact": uploadArtifact,
  "aws-actions/configure-aws-credentials": awsCredentials,
};

/** By the name before the `@`; null where there is none. */
export function findShim(name: string): Shim | null {
  return SHIMS[name] ?? null;
}
