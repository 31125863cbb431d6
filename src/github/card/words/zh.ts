import type { AudienceWords, CardWords } from "./cardWords.ts";

/** The card in Chinese. */
export const ZH: CardWords = {
  signs: { colon: "：", semicolon: "；", comma: "、", open: "（", close: "）" },
  kinds: {
    release: "新版本",
    promotion: "扩大放量",
    rollback: "回滚",
    override: "临时开关",
    policy: "策略",
    mixed: "同时包含多种变更",
    none: "对观众没有影响",
  },
  verdicts: {
    merged: () => "已合并",
    rolled_back: () => "已回滚",
    closed: () => "未合并就关闭了",
    to_fix: ({ todos }) => `有 ${todos} 处需要修改`,
    conflict: () => "目前无法合并",
    our_fault: () => "是我们的问题，您无需处理",
    failed: () => "数据不达标",
    held: () => "还需等待",
    building: () => "正在等待构建文件",
    draft: () => "草稿，目前没有问题",
    waiting: ({ waitsFor }) => `检查通过，等待${waitsFor.join("、")}`,
    no_release: () => "上传了素材，但还没有版本文件",
    ready: ({ kind }) => (kind === "rollback" ? "就绪，请立即合并" : "就绪"),
  },
  next: "下一步",
  nexts: {
    merged: () => "无需操作。main 发布后观众即可看到；如需撤回，请点击本页下方的 **Revert**。",
    rolled_back: () => "请制作修复后的新版本。在有人重新开放之前，系统不会自动放量。",
    closed: () => "无需操作。可以重新打开，或另建一个 pull request。",
    to_fix: () => "按“待办”逐项修改并提交到本分支，系统会自动重新检查。",
    conflict: ({ kind, rollbackForm }) =>
      kind === "rollback"
        ? `请改用${toForm(rollbackForm)}，它不会产生冲突。`
        : "请先把 main 合并到本分支；在此之前 GitHub 不会运行任何检查。",
    our_fault: ({ lead }) => `无需操作，系统会自动重试${lead === null ? "" : `；如有疑问请联系 ${lead}`}。`,
    failed: ({ rollbackForm }) =>
      `请不要合并。已经开放的部分请尽快撤回${rollbackForm === null ? "" : `：[回滚礼物](${rollbackForm})`}。`,
    held: () => "请等待，原因见下文。可以继续时，本评论会更新。",
    building: ({ isFork }) =>
      isFork
        ? "需要由维护者构建：系统不能向 fork 提交文件。"
        : "无需操作。系统正在构建，并会把 lock 文件提交到本分支，通常只需几分钟。",
    draft: ({ author }) => `完成后请 ${author} 点击 **Ready for review**。`,
    waiting: ({ waitsFor, warnings }) => `${lookAt(warnings)}请${waitsFor.join("、")}，然后合并。`,
    no_release: () => "请按下文添加版本文件；也可以直接合并，观众不会看到任何变化。",
    ready: ({ kind, warnings }) =>
      kind === "rollback"
        ? "请值班同学立即合并，无需等待审批：*Merge without waiting for requirements*。"
        : `${lookAt(warnings)}请完成审批并合并。main 发布后观众即可看到。`,
  },
  andMore: (first, more) => `${first} 等 ${more + 1} 个版本`,
  more: (more) => `……另有 ${more} 项。`,
  tooLong: "其余内容过长，无法在此显示，请查看本 pull request 的检查结果。",

  ourFault: (message, code) => `**这是我们的问题，与您的修改无关：** ${message}（${code}）`,
  ourFaultNext: (fix, lead) => `请 ${lead ?? "本仓库的维护者"} 处理：${fix}。`,

  viewers: (environment, isMerged) =>
    isMerged ? `${environment} 环境的观众现在看到` : `合并后 ${environment} 环境的观众会看到`,
  comparedWithLive: (revision) => `与线上第 ${revision} 次发布相比`,
  comparedWithGit: (commit) => `与 main 的 ${commit} 相比`,
  comparedWithNothing: "没有可比较的对象",
  unread: (message, code) => `这里暂时读不到线上状态，与本次修改无关：${message}（${code}）。`,
  nothingChanges: "没有变化。",
  seeOverrides: "以下方的临时开关为准。",
  stopsFirst: (ids) => `最先发布（早于其他一切）：${ids}。`,
  keptAsLive: (gift, why) => `${gift} 保持线上现状：${why}`,
  viewersHeader: ["版本", "之前", "之后"],
  nobody: "无人可见",
  audience: describeAudience,
  details: {
    "app versions": "支持的应用版本",
    "required gifts": "依赖的礼物",
    "fallback gifts": "备用礼物",
    files: "文件内容",
  },
  alsoChanged: (details) => `变更：${details}`,
  stages: { canary: "测试组", regional: "部分地区", full: "所有人" },

  overridesTitle: "临时开关",
  overridesHeader: ["开关", "礼物", "最多开放到", "原因"],
  allGifts: "全部礼物",
  limits: { none: "无人", canary: "仅测试组", regional: "至多部分地区" },
  overrideEnds: (at) => `截止 ${at}`,
  overrideGone: "已移除：恢复为 git 中的开放范围",
  overrideWas: (limit) => `原为${limit}`,

  todo: "待办",
  findingsNote: "具体说明由检查规则给出，为英文。",
  fixAtLine: (link, line) => `[在第 ${line} 行修改](${link})`,
  uploadAgain: (link) => `[重新上传](${link})`,
  look: (link) => `[打开文件](${link})`,
  skipWords: (where, words) =>
    `**${{ title: "标题", body: "描述", commit: "某个提交的说明" }[where]}中含有 ${words}。** 这会使合并后的发布流程不运行，请将其删除。`,
  conflict: (kind, form) =>
    kind === "rollback"
      ? `**GitHub 无法合并这次回滚：之后的修改涉及了相同的行。** 请改用${toForm(form)}（不会冲突），并关闭本 pull request。`
      : "**与 main 存在冲突。** 请把 main 合并到本分支：点击下方的 *Resolve conflicts*。",
  newRelease: (gift, path, link) =>
    `${gift} 的素材有改动，但没有新的版本文件，因此观众不会看到。请添加 ${link === null ? path : `[${path}](${link})`}。`,
  warnings: "提醒",
  waived: "暂时豁免",
  waivedLine: (rule, release, until, owner, reason) =>
    `${release} 的 ${rule}，至 ${until}，由 ${owner} 批准：${reason}`,

  waitsFor: "正在等待",
  waitsForTeam: (team, missing, have) =>
    `**${team}** 的 ${missing} 位成员审批${have > 0 ? `（已有 ${have} 位通过）` : ""}`,
  teamUnknown: (team) => `**${team}** 审批；但这里读不到该团队的成员，应用需要读取成员的权限`,
  waitsForBytes: (releases, isFork) =>
    isFork ? `维护者构建 ${releases}：系统不能向 fork 提交文件` : `${releases} 的构建，无需任何人操作`,
  waitsForAuthor: (author) => `${author} 完成修改`,
  approvalsGiven: "已按策略完成审批。",

  back: "如果出现问题",
  viewersGetBack: "观众将恢复到",
  backTo: (release, to) => `${release} 的观众会恢复到 **${to}**`,
  backToFallback: (release, gifts) => `${release} 的观众会改为看到 ${gifts}`,
  backToNothing: (release) => `${release} 的观众会看到静态图或应用自带的默认效果`,
  bytes: {
    stored: "文件已存储",
    missing: "**文件没有存储：合并前请重新构建**",
    unknown: "这里无法确认文件是否已存储",
  },
  drillPassed: (at, environment) => `最近一次演练：${at}，${environment} 环境`,
  drillFailed: (at, environment) => `**最近一次演练失败**：${at}，${environment} 环境`,
  drillNone: "没有演练记录",
  drillUnknown: (why) => `这里无法确认是否演练过（${why}）`,
  backHow: (form) => `合并后在本页点击 **Revert**${form === null ? "" : `，或使用表单[回滚礼物](${form})`}。`,

  metrics: "观众端的数据",
  metricsNote: "以下评判及数据说明由发布门禁给出，为英文。",
  unjudged: (release, why, next) => `${release} 没有得到评估，因此不算通过：${why}。${next}`,

  costs: "设备开销",
  costsHeader: ["版本", "设备", "下载", "内存"],
  tiers: { low: "低端", mid: "中端", high: "高端" },
  ofBudget: (amount, budget) => `${amount}（上限 ${budget}）`,
  tooMuch: "超出上限",
  against: (version, change) => `比 ${version} ${change}`,
  noRelease: "没有全量版本可比较",

  compat: "哪些观众可以播放",
  compatHeader: ["版本", "应用", "设备"],

  slots: "预览与试播",
  previews: "预览",
  previewBy: (command) => `运行 ${command} 可在本机查看`,
  previewNow: (version) => `${version}（当前全量版本）`,
  sheetNote: "首帧、25、50、75 %、末帧；棋盘、浅色与深色背景",
  smoke: "冒烟测试",
  smokePassed: (at, environment, reference) => `${at} 在 ${environment} 通过，对照 ${reference}`,
  smokeFailed: (at, environment, reference) => `${at} 在 ${environment} **未通过**，对照 ${reference}`,
  smokeWorst: (percent) => `最高为上限的 ${percent} %`,
  smokeDecodedOnly: "没有浏览器，仅测试了解码，说服力较弱",
  smokeAsked: (command) => `离开灰度前必须完成：运行 ${command}`,
  smokeUnknown: (why) => `这里看不到测试是否通过（${why}）`,
  contactSheet: "画面总览",
  notYet: "暂未提供",

  ownRun: "该 pull request 自身运行的结果",
  ownRunNote: "以下内容来自该 pull request 自己的运行，仅原样展示，不作为判断依据。",
  ownRunBuild: (release, message, isWrong) => `${release}：${isWrong ? "**有误：** " : ""}${message}`,
  ownRunCost: (release, tier, download, memory) =>
    `${release}，${tier}设备：下载 ${download}，内存 ${memory}`,

  engineers: "工程信息",
  factHead: (commit) => `检查的提交：${commit}`,
  factFiles: (files, gifts) => `${files} 个文件，${gifts} 个礼物`,
  factMerged: (commit, at) => `已于 ${at} 合并为 ${commit}`,
  help: (where) =>
    where === null ? "需要帮助？请评论 `/help`。" : `需要帮助？请评论 \`/help\`，或在 ${where} 提问。`,
  updates: "本评论会自动更新。",
};

function lookAt(warnings: number): string {
  return warnings > 0 ? `请先查看下面的 ${warnings} 条提醒；` : "";
}

function toForm(link: string | null): string {
  return link === null ? "表单*回滚礼物*" : `表单[回滚礼物](${link})`;
}

/** "测试组（staff、qa），以及 SG 5%、ID 10% 的观众（仅中端、高端设备；不含 vip）" */
function describeAudience(it: AudienceWords): string {
  const held = it.holdback > 0 ? `（保留 ${it.holdback}% 不变）` : "";
  if (it.isFull) return `所有人${held}`;
  const tested = [...it.cohorts, ...(it.percent > 0 ? [`全体的 ${it.percent}%`] : [])];
  const group = tested.length > 0 ? `测试组（${tested.join("、")}）` : "";
  const shares = (it.regions ?? []).map(({ region, percent }) => `${region} ${percent}%`);
  const only = [
    ...(it.tiers.length > 0 ? [`仅${it.tiers.map((tier) => ZH.tiers[tier]).join("、")}设备`] : []),
    ...(it.exclude.length > 0 ? [`不含 ${it.exclude.join("、")}`] : []),
  ];
  const regions =
    shares.length > 0 ? `${shares.join("、")} 的观众${only.length > 0 ? `（${only.join("；")}）` : ""}` : "";
  return `${[group, regions].filter(Boolean).join("，以及 ") || "没有特定观众"}${held}`;
}
