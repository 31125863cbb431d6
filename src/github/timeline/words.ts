/** Whom a release reaches, a part for each way. */
export interface Audience {
  readonly isEveryone: boolean;
  readonly cohorts: readonly string[];
  /** Per cent of all viewers. */
  readonly canaryPercent: number | null;
  readonly regions: readonly (readonly [region: string, percent: number])[];
  /** Per cent that are left on an older release. */
  readonly heldPercent: number | null;
}

/** All that is told after a merge. What is put in is Markdown already. */
export interface AfterWords {
  title(kind: "rollback" | "stop" | "change", releases: string): string;
  /** What viewers get now, for one gift. */
  seesNow(gift: string, versions: string, isBack: boolean): string;
  seesNothing(gift: string): string;
  audience(audience: Audience): string;
  readonly header: readonly [step: string, time: string, result: string];
  readonly steps: {
    readonly thrown: string;
    readonly merged: string;
    readonly stop: string;
    readonly edges: string;
    readonly published: string;
  };
  edges(regions: string): string;
  readonly notYet: string;
  after(duration: string): string;
  before(duration: string): string;
  seenIn(seen: number, all: number): string;
  unseenIn(regions: string): string;
  duration(seconds: number): string;
  revision(revision: number, generation: number | null): string;
  kept(gift: string, why: string): string;
  promotionOff(releases: string): string;
  nextVersion(gift: string, link: string): string;
  reason(text: string): string;
  incident(text: string): string;
  takenBackBy(pull: number): string;
  originalChange(pulls: string): string;
  readonly comma: string;
  readonly separator: string;
  readonly updates: string;
  metricsFooter(asOf: string, environment: string): string;
  /** Why the comment with the numbers does not change any more. */
  ended(end: "proven" | "went_on" | "taken_back", release: string): string;
}

const EN: AfterWords = {
  title: (kind, releases) =>
    ({
      rollback: `⏪ ${releases} taken back`,
      stop: `🛑 ${releases} stopped`,
      change: `📣 ${releases} published`,
    })[kind],
  seesNow: (gift, versions, isBack) => `Viewers of ${gift} get ${versions}${isBack ? " again" : ""}.`,
  seesNothing: (gift) => `No release of ${gift} reaches anybody now: viewers get its fallback.`,
  audience: ({ isEveryone, cohorts, canaryPercent, regions, heldPercent }) =>
    isEveryone
      ? heldPercent === null
        ? "everyone"
        : `everyone but ${heldPercent} % held back`
      : [
          ...(cohorts.length > 0 ? [`test group ${cohorts.join(", ")}`] : []),
          ...(canaryPercent === null ? [] : [`${canaryPercent} % of all viewers`]),
          ...(regions.length > 0
            ? [regions.map(([name, percent]) => `${name} ${percent} %`).join(", ")]
            : []),
        ].join("; "),
  header: ["Step", "Time (UTC)", ""],
  steps: {
    thrown: "Stopped at once, before the merge",
    merged: "Merged",
    stop: "Stop published: new plays get what is right",
    edges: "Seen at every edge",
    published: "Everything published",
  },
  edges: (regions) => `Seen in ${regions}`,
  notYet: "not yet",
  after: (duration) => `${duration} after the merge`,
  before: (duration) => `${duration} before the merge`,
  seenIn: (seen, all) => `${seen} of ${all}`,
  unseenIn: (regions) => `not yet in ${regions}`,
  duration: (seconds) =>
    seconds < 60
      ? `${seconds} s`
      : seconds < 3_600
        ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
        : `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`,
  revision: (revision, generation) =>
    generation === null ? `revision ${revision}` : `revision ${revision}, generation ${generation}`,
  kept: (gift, why) => `${gift} stays as it was: ${why}`,
  promotionOff: (releases) =>
    `**Automatic promotion of ${releases} is off** until a person opens a stage again.`,
  nextVersion: (gift, link) => `Next: make a new version of ${gift} with the fix: [start here](${link}).`,
  reason: (text) => `Reason: ${text}`,
  incident: (text) => `incident ${text}`,
  takenBackBy: (pull) => `taken back by #${pull}`,
  originalChange: (pulls) => `original change ${pulls}`,
  comma: ", ",
  separator: " · ",
  updates: "This comment is kept up to date.",
  metricsFooter: (asOf, environment) =>
    `Numbers of ${environment} until ${asOf}. This comment is kept up to date until the release is proven; a later stage has its own, on its own pull request.`,
  ended: (end, release) =>
    `${
      {
        proven: `✅ **${release} is proven.** Everybody has it, or may get it.`,
        went_on: `➡️ **${release} went on.** Its next numbers are on the pull request that took it there.`,
        taken_back: `⏪ **${release} was taken back.**`,
      }[end]
    } These are the last numbers of this stage; this comment does not change any more.`,
};

const ZH: AfterWords = {
  title: (kind, releases) =>
    ({
      rollback: `⏪ ${releases} 已回滚`,
      stop: `🛑 ${releases} 已停用`,
      change: `📣 ${releases} 已发布`,
    })[kind],
  seesNow: (gift, versions, isBack) => `${gift} 的观众现在${isBack ? "重新" : ""}看到 ${versions}。`,
  seesNothing: (gift) => `${gift} 目前没有任何版本对观众开放：观众看到的是备用礼物。`,
  audience: ({ isEveryone, cohorts, canaryPercent, regions, heldPercent }) =>
    isEveryone
      ? heldPercent === null
        ? "所有人"
        : `除 ${heldPercent}% 保留组外的所有人`
      : [
          ...(cohorts.length > 0 ? [`测试组 ${cohorts.join("、")}`] : []),
          ...(canaryPercent === null ? [] : [`全体观众的 ${canaryPercent}%`]),
          ...(regions.length > 0 ? [regions.map(([name, percent]) => `${name} ${percent}%`).join("、")] : []),
        ].join("；"),
  header: ["步骤", "时间（UTC）", ""],
  steps: {
    thrown: "合并之前已立即停用",
    merged: "已合并",
    stop: "停用指令已发布：新的播放已恢复正常",
    edges: "所有边缘节点均已生效",
    published: "全部内容已发布",
  },
  edges: (regions) => `${regions} 已生效`,
  notYet: "尚未完成",
  after: (duration) => `合并后 ${duration}`,
  before: (duration) => `合并前 ${duration}`,
  seenIn: (seen, all) => `${seen}/${all}`,
  unseenIn: (regions) => `${regions} 尚未生效`,
  duration: (seconds) =>
    seconds < 60
      ? `${seconds} 秒`
      : seconds < 3_600
        ? `${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒`
        : `${Math.floor(seconds / 3_600)} 小时 ${Math.floor((seconds % 3_600) / 60)} 分`,
  revision: (revision, generation) =>
    generation === null ? `修订 ${revision}` : `修订 ${revision}，第 ${generation} 代`,
  kept: (gift, why) => `${gift} 保持原样：${why}`,
  promotionOff: (releases) => `**${releases} 的自动放量已关闭**，直到有人重新打开某个阶段。`,
  nextVersion: (gift, link) => `下一步：为 ${gift} 制作修复后的新版本：[从这里开始](${link})。`,
  reason: (text) => `原因：${text}`,
  incident: (text) => `事故 ${text}`,
  takenBackBy: (pull) => `由 #${pull} 回滚`,
  originalChange: (pulls) => `原始改动 ${pulls}`,
  comma: "，",
  separator: " · ",
  updates: "本评论会自动更新。",
  metricsFooter: (asOf, environment) =>
    `${environment} 截至 ${asOf} 的数据。在该版本得到验证之前，本评论会自动更新；后续阶段在各自的合并请求中另有评论。`,
  ended: (end, release) =>
    `${
      {
        proven: `✅ **${release} 已得到验证**，可以面向所有人。`,
        went_on: `➡️ **${release} 已进入下一步**，后续数据见推动它的合并请求。`,
        taken_back: `⏪ **${release} 已回滚。**`,
      }[end]
    }以下为本阶段的最后数据，本评论不再变化。`,
};

/** The words of a language that the policy asks for. */
export function afterWords(language: "en" | "zh"): AfterWords {
  return language === "zh" ? ZH : EN;
}
