import { resolve } from "node:path";
import type { MetricSource } from "../../metrics/source.ts";
import type { Io } from "../command.ts";
import type { Environment } from "../environment.ts";

/**
 * Where the numbers of an environment come from: the recording that is named, or what the environment's file says; null when it says
 * nothing. Drivers are loaded when they are asked for.
 * @throws GiftError as the drivers do
 */
export async function openMetrics(
  { root, variables }: Pick<Io, "root" | "variables">,
  { file }: Environment,
  recorded?: string,
): Promise<MetricSource | null> {
  const path = recorded ?? (file.metrics && "recorded" in file.metrics ? file.metrics.recorded : undefined);
  if (path !== undefined) {
    const { readRecordedFile } = await import("../../metrics/recordedFile.ts");
    return readRecordedFile(resolve(root, path));
  }
  if (!file.metrics || !("prometheus" in file.metrics)) return null;
  const { prometheusSource, systemPorts } = await import("../../metrics/prometheus.ts");
  return prometheusSource(file.metrics.prometheus, { ...systemPorts, variables });
}
