import { mask } from "../jobState.ts";
import type { Shim } from "./shim.ts";

/** `aws-actions/configure-aws-credentials`: a role by the job's identity; the keys are in the environment of all later steps. */
export const awsCredentials: Shim = {
  inputs: [
    "role-to-assume",
    "aws-region",
    "role-session-name",
    "role-duration-seconds",
    "audience",
    "mask-aws-account-id",
  ],
  async run({ state, inputs, print }) {
    const { github, giveRole } = state.world;
    const role = inputs["role-to-assume"] ?? "";
    const region = inputs["aws-region"] ?? "";
    if (region === "") throw new Error("Input required and not supplied: aws-region");
    if (role === "") throw new Error("Could not load credentials from any providers");
    if (state.permissions["id-token"] !== "write")
      throw new Error(
        "It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?",
      );
    const about =
      state.environment === null ? `ref:${state.attempt.ref}` : `environment:${state.environment}`;
    const keys = giveRole({ role, region, subject: `repo:${github.owner}/${github.repo}:${about}` });
    if (keys === null) throw new Error("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    mask(state, keys.secretAccessKey);
    if (keys.sessionToken !== undefined) mask(state, keys.sessionToken);
    print(`Authenticated as ${role}`);
    return {
      environment: {
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        ...(keys.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: keys.sessionToken }),
      },
    };
  },
};
