// Written by schemas/generate.mjs from schemas/*.schema.json. Change those, then run `npm run generate`.

/**
 * What a viewer sends: gifts/<id>/gift.yaml, owned by artists.
 */
export interface GiftFile {
  /**
   * The name of the gift's folder: lower-case letters, digits and dashes.
   */
  id: string;
  /**
   * What people call the gift.
   */
  name: string;
  /**
   * The GitHub user or team who is asked about the art.
   */
  owner: string;
  /**
   * One file (SVGA, Lottie, dotLottie, VAP, YYEVA, MP4, PAG, WebP, GIF, APNG or AVIF), or a folder of PNG frames; below source/.
   */
  animation: string;
  /**
   * Only for a folder of frames: how fast they were drawn to be played.
   */
  fps?: number;
  /**
   * Only for an MP4 that does not say it itself: the half of each frame that carries the transparency as grey, or none.
   */
  alpha?: "left" | "right" | "top" | "bottom" | "none";
  /**
   * Only for MP4, PAG and AVIF, which cannot be made smaller here: another file of the same animation for a device tier.
   */
  variants?: {
    /**
     * A file below source/.
     */
    [k: string]: string;
  };
  /**
   * An optional sound file below source/: MP3, AAC (also as M4A), Opus or WAV.
   */
  sound?: string;
  /**
   * The picture shown when nothing of the gift can move: PNG, JPEG, WebP or AVIF. Where it is not given it is made from the fullest frame, for which MP4, PAG and AVIF need Chromium where the gift is built.
   */
  still?: string;
}

/**
 * As npm writes it; "*" is every version.
 */
export type Range = string;
/**
 * A device class.
 */
export type Tier = "low" | "mid" | "high";
/**
 * true opens the stage, false closes it: closing is the rollback.
 */
export type Open = boolean;
/**
 * From 0.01 to 100, in steps of 0.01.
 */
export type Percent = number;

/**
 * One version of a gift and how far it may go: releases/<gift>/<version>.yaml, owned by product managers.
 */
export interface ReleaseFile {
  /**
   * The gift's id; the name of this file's folder.
   */
  gift: string;
  /**
   * A semantic version; the name of this file. It is never used again for other bytes.
   */
  version: string;
  /**
   * One line for people; it is never published.
   */
  title: string;
  /**
   * The apps and device tiers that may play this release.
   */
  compat: {
    /**
     * A semver range for each platform; a platform that is not named is not served.
     */
    app: {
      [k: string]: Range;
    };
    /**
     * The device classes that get a variant of this release.
     *
     * @minItems 1
     */
    tiers: Tier[];
  };
  /**
   * Other gifts or shared packs, with the range of versions that this release plays with.
   */
  requires?: {
    [k: string]: Range;
  };
  /**
   * What a viewer sees when nothing of this gift can be used, in order; the gift's still is always last.
   */
  fallback?: {
    /**
     * Another gift's id.
     */
    gift: string;
  }[];
  /**
   * Who may see the release. A later stage counts only while every earlier one is open.
   */
  rollout: {
    /**
     * Shared by releases that must reach the very same viewers. Never changed afterwards. Default: <gift>/<version>.
     */
    salt?: string;
    /**
     * The first stage: named cohorts, a small share of everyone, or both.
     */
    canary: {
      open: Open;
      /**
       * Names that the server gives to viewers.
       *
       * @minItems 1
       */
      cohorts?: string[];
      percent?: Percent;
    };
    /**
     * The second stage: a share of the eligible viewers of some regions.
     */
    regional: {
      open: Open;
      /**
       * Percent of the eligible viewers, by region.
       */
      regions: {
        [k: string]: Percent;
      };
      /**
       * The low-risk slice, decided before the percentage.
       */
      eligible?: {
        /**
         * Only these device classes.
         *
         * @minItems 1
         */
        tiers?: Tier[];
        /**
         * Never these viewers.
         *
         * @minItems 1
         */
        exclude?: string[];
      };
    };
    /**
     * The last stage: everyone whom the compatibility allows.
     */
    full: {
      open: Open;
    };
    /**
     * Viewers kept on the older release until this one is proven; then set to 0.
     */
    holdback?: {
      /**
       * Percent of all viewers.
       */
      percent: number;
    };
  };
  /**
   * The event that the release is made for; shown in the calendar.
   */
  campaign?: {
    /**
     * What people call it.
     */
    name: string;
    /**
     * Date and time with the offset of its time zone, or Z for UTC.
     */
    starts: string;
    /**
     * Date and time with the offset of its time zone, or Z for UTC.
     */
    ends: string;
  };
  /**
   * Why a release that was rolled back comes again; it starts at canary.
   */
  reopening?: {
    /**
     * What was wrong, and why it is not any more.
     */
    reason: string;
  };
  /**
   * A person keeps the release where it is: nothing opens or raises a stage until this is taken out again.
   */
  hold?: {
    /**
     * Why, and what is waited for.
     */
    reason: string;
  };
}

/**
 * SHA-256, hexadecimal.
 */
export type Digest = string;
/**
 * Length.
 */
export type Bytes = number;

/**
 * The bytes of a release: releases/<gift>/<version>.lock.json, written by giftwrap build, never by hand and never changed once merged.
 */
export interface LockFile {
  /**
   * The gift's id.
   */
  gift: string;
  /**
   * The release's version.
   */
  version: string;
  /**
   * The source files the release was built from.
   *
   * @minItems 1
   */
  sources: {
    /**
     * Below the gift's folder.
     */
    path: string;
    digest: Digest;
    bytes: Bytes;
  }[];
  /**
   * What made the bytes; the same identity gives the same bytes again. What drew frames, canvaskit or a browser, is named where something was drawn by it.
   */
  builder: {
    [k: string]: string;
  };
  /**
   * The player that can show the animation, read from its bytes.
   */
  player: {
    /**
     * As in the policy.
     */
    name: string;
    /**
     * What the player must understand.
     */
    version: string;
    /**
     * The half of each frame that carries the transparency, where the file does not say it itself.
     */
    alpha?: "left" | "right" | "top" | "bottom" | "none";
    /**
     * Present when the file carries its sound inside.
     */
    embeddedSound?: true;
  };
  /**
   * Images that an app may replace at run time.
   */
  slots: string[];
  /**
   * Pictures for people, kept in the store beside the objects and never named by a catalog; absent from locks of before they were made.
   */
  previews?: Preview[];
  /**
   * The files for each device tier.
   */
  tiers: {
    [k: string]: Variant;
  };
}
/**
 * One picture.
 */
export interface Preview {
  /**
   * The frames beside each other, or moving.
   */
  role: "sheet" | "motion";
  /**
   * As HTTP names it.
   */
  mediaType: string;
  digest: Digest;
  bytes: Bytes;
  /**
   * Pixels.
   */
  width: number;
  /**
   * Pixels.
   */
  height: number;
}
/**
 * What one device tier downloads.
 */
export interface Variant {
  /**
   * Pixels.
   */
  width: number;
  /**
   * Pixels.
   */
  height: number;
  /**
   * How many.
   */
  frames: number;
  /**
   * The mean rate.
   */
  fps: number;
  /**
   * Estimated peak memory of the decoded images.
   */
  decodedBytes: number;
  /**
   * The objects of this variant.
   *
   * @minItems 1
   */
  files: File[];
  /**
   * Bitmaps inside the animation; absent from locks of before they were counted.
   */
  images?: number;
}
/**
 * One object.
 */
export interface File {
  /**
   * What it is for.
   */
  role: "animation" | "sound" | "still";
  /**
   * As HTTP names it.
   */
  mediaType: string;
  digest: Digest;
  bytes: Bytes;
}

/**
 * The code of a finding about a budget.
 */
export type BudgetRule =
  | "BUDGET_DOWNLOAD"
  | "BUDGET_MEMORY"
  | "BUDGET_CANVAS"
  | "BUDGET_FPS"
  | "BUDGET_DURATION"
  | "BUDGET_IMAGES"
  | "BUDGET_SOUND";
/**
 * Date and time with the offset of its time zone, or Z for UTC.
 */
export type Moment = string;
/**
 * Groups of which each must have given its number of approvals.
 */
export type Approvers = {
  /**
   * The slug of a team of the organisation that owns the repository.
   */
  team: string;
  /**
   * How many of it must approve (default: 1).
   */
  count?: number;
}[];
/**
 * A release that is known to be well.
 */
export type SmokeReference = string;

/**
 * What the apps can play and what a gift may cost: releases/policy.yaml, owned by few.
 */
export interface PolicyFile {
  /**
   * The apps that are supported, and what they can play.
   */
  platforms: {
    /**
     * One kind of app.
     */
    [k: string]: {
      /**
       * A semver range of app versions still in use.
       */
      apps: string;
      /**
       * Which player is in which app versions, and the format versions it plays.
       *
       * @minItems 1
       */
      players: {
        /**
         * The format that it plays, as `giftwrap inspect` says after "needs"; of folders of frames, GIF and APNG it is webp, which is made of them.
         */
        name: "webp" | "svga" | "lottie" | "dotlottie" | "vap" | "yyeva" | "mp4" | "pag" | "avif";
        /**
         * A semver range of the apps that carry it.
         */
        apps: string;
        /**
         * A semver range of the format versions it plays.
         */
        formats: string;
        /**
         * Whether it plays files that carry their sound inside; true when absent.
         */
        embeddedSound?: boolean;
      }[];
    };
  };
  /**
   * What each device class gets and may cost.
   */
  tiers: {
    low: TierPolicy;
    mid: TierPolicy;
    high: TierPolicy;
  };
  /**
   * Rules that only warn here; every other budget stops the gift.
   */
  warnings?: BudgetRule[];
  /**
   * Findings that a gift is forgiven until a day; from then on they are errors.
   */
  waivers?: {
    /**
     * The code of the finding.
     */
    rule:
      | "BUDGET_DOWNLOAD"
      | "BUDGET_MEMORY"
      | "BUDGET_CANVAS"
      | "BUDGET_FPS"
      | "BUDGET_DURATION"
      | "BUDGET_IMAGES"
      | "BUDGET_SOUND"
      | "SLOT_REMOVED"
      | "GATE_HOLD"
      | "GATE_FAIL";
    /**
     * The gift's id.
     */
    gift: string;
    /**
     * A semver range of release versions; all when absent.
     */
    versions?: string;
    /**
     * Who answers for it.
     */
    owner: string;
    /**
     * Why it is accepted.
     */
    reason: string;
    /**
     * The last day, in UTC.
     */
    ends: string;
  }[];
  /**
   * Times in which nothing may reach more viewers; what reaches fewer always may.
   */
  freezes?: {
    /**
     * What people call it.
     */
    name: string;
    starts: Moment;
    ends: Moment;
    /**
     * Gifts that may go on all the same.
     */
    allow?: string[];
  }[];
  /**
   * Evidence that must be on record before a release leaves canary.
   */
  checklist?: {
    /**
     * What must have been shown.
     */
    evidence: "matrix" | "smoke" | "warm" | "drill" | "switch";
    /**
     * Where.
     */
    environment: string;
    /**
     * How old the record may be; any age when absent.
     */
    maxAgeDays?: number;
  }[];
  approvals?: Approvals;
  people?: People;
  gate?: Gate;
  smoke?: Smoke;
}
/**
 * What is made of an animation for this tier, and its budget.
 */
export interface TierPolicy {
  /**
   * Size, rate and quality of the animated WebP that folders of frames, WebP, GIF and APNG become. The images in SVGA 2.x, Lottie and dotLottie follow the long side; all other formats stay as they are.
   */
  frames: {
    /**
     * Pixels; smaller pictures are left as they are.
     */
    longSide: number;
    /**
     * At most; frames are left out evenly.
     */
    fps: number;
    /**
     * WebP quality, 1 to 100.
     */
    quality: number;
  };
  /**
   * What one release may cost on a device of this tier; what is left out is not limited.
   */
  budget: {
    /**
     * Bytes of all files together.
     */
    downloadBytes: number;
    /**
     * Bytes of the decoded images at the peak.
     */
    decodedBytes: number;
    /**
     * The most pixels of the longer and of the shorter side.
     */
    canvas?: {
      /**
       * Pixels.
       */
      long: number;
      /**
       * Pixels.
       */
      short: number;
    };
    /**
     * Frames per second.
     */
    fps?: number;
    /**
     * Seconds of one play.
     */
    durationSeconds?: number;
    /**
     * Bitmaps inside the animation.
     */
    images?: number;
    /**
     * Bytes of the sound file.
     */
    soundBytes?: number;
  };
}
/**
 * Who must approve, besides the author, before a stage may open: all that is listed for it. What only takes viewers away needs nobody. Read from the main branch, never from the pull request. A stage that is not named needs what branch protection asks for, and no more.
 */
export interface Approvals {
  canary?: Approvers;
  regional?: Approvers;
  full?: Approvers;
  policy?: Approvers;
}
/**
 * How pull requests speak to people.
 */
export interface People {
  /**
   * Of cards and comments (default: en).
   */
  language?: "en" | "zh";
  /**
   * Where people ask, in words; shown below each card.
   */
  help?: string;
  /**
   * Whom a card names when the fault is not the author's, in words.
   */
  lead?: string;
}
/**
 * What must be proven before a release may go further. The plan of a trial is the gate as it stood when its stage was opened: a later change counts for stages that are opened later.
 */
export interface Gate {
  /**
   * Whose metrics are read (default: production).
   */
  environment?: string;
  /**
   * Minutes between two looks (default: 5).
   */
  gridMinutes?: number;
  /**
   * Minutes that a look waits for late events (default: 2).
   */
  latenessMinutes?: number;
  /**
   * Minutes after which the newest sample is too old to judge by (default: 15).
   */
  staleMinutes?: number;
  /**
   * Percent of the looks that must have data (default: 95).
   */
  coveragePercent?: number;
  /**
   * The chance, over all looks and metrics together, to fail a release that is no worse (default: 0.01).
   */
  falseAlarm?: number;
  /**
   * The chance, over all looks, to pass a release that is worse than a margin (default: 0.05).
   */
  falsePass?: number;
  /**
   * How production's viewers are spread, in parts of any size: each region and tier counts for as much as it has viewers. What is not named counts as 1 part.
   */
  traffic?: {
    /**
     * Parts by region.
     */
    regions?: {
      [k: string]: number;
    };
    /**
     * Parts by device class.
     */
    tiers?: {
      [k: string]: number;
    };
  };
  /**
   * A region and tier that has at least this percent of the traffic needs its own part of the units (default: 10).
   */
  stratumPercent?: number;
  /**
   * Regions and tiers that may stay below it, each with a reason.
   */
  fewUnits?: {
    /**
     * Two capital letters.
     */
    region: string;
    /**
     * One device class; all when absent.
     */
    tier?: "low" | "mid" | "high";
    /**
     * Why nobody waits for them.
     */
    reason: string;
  }[];
  stages: GateStages;
  metrics: GateMetrics;
  /**
   * What giftwrap watch does when a release fails: report says so, propose makes the commit that takes it back, stop holds it back at once and proposes that commit (default: propose).
   */
  onFail?: "report" | "propose" | "stop";
  /**
   * What giftwrap watch does when a release may go further: report says so, propose makes the commit that opens the next stage (default: report).
   */
  onPass?: "report" | "propose";
}
/**
 * What must have happened in a stage before the release may leave it.
 */
export interface GateStages {
  /**
   * In canary. Where it is cohorts only there is nobody to compare with: then these and the checklist are all.
   */
  canary: {
    /**
     * Hours that the stage must have been open.
     */
    soakHours: number;
    /**
     * Devices that must have played the release for the first time.
     */
    units: number;
    /**
     * Days after which a person decides when there is no verdict (default: 14).
     */
    longestDays?: number;
    /**
     * Units that may have failed, crashed or had wrong bytes where there is nobody to compare with (default: 0 in canary, else any number).
     */
    failures?: number;
  };
  /**
   * In the regions, before it is raised there or opened for everyone.
   */
  regional: {
    /**
     * Hours that the stage must have been open.
     */
    soakHours: number;
    /**
     * Devices that must have played the release for the first time.
     */
    units: number;
    /**
     * Days after which a person decides when there is no verdict (default: 14).
     */
    longestDays?: number;
    /**
     * Units that may have failed, crashed or had wrong bytes where there is nobody to compare with (default: 0 in canary, else any number).
     */
    failures?: number;
  };
  /**
   * At full with a holdback, before that may end.
   */
  full: {
    /**
     * Hours that the stage must have been open.
     */
    soakHours: number;
    /**
     * Devices that must have played the release for the first time.
     */
    units: number;
    /**
     * Days after which a person decides when there is no verdict (default: 14).
     */
    longestDays?: number;
    /**
     * Units that may have failed, crashed or had wrong bytes where there is nobody to compare with (default: 0 in canary, else any number).
     */
    failures?: number;
  };
}
/**
 * What is compared: plays that failed to load or decode, that crashed, that showed something else, that were handed wrong bytes, that were slow to decode, that dropped frames. Each that is named here decides, unless it is only shown.
 */
export interface GateMetrics {
  failed?: GateMetric;
  crashed?: GateMetric;
  fellBack?: GateMetric;
  mismatched?: GateMetric;
  /**
   * Plays that took longer to decode than the objective.
   */
  slow?: {
    /**
     * Milliseconds; a bound of the collector's histogram.
     */
    overMilliseconds: number;
    /**
     * A release passes when it is proven to stay below this.
     */
    margin: {
      /**
       * A multiple of the baseline's rate (default: 1).
       */
      times?: number;
      /**
       * Percentage points on top of it (default: 0).
       */
      points?: number;
    };
    /**
     * A release fails when it is proven to be above this: what is real but trifling fails nobody (default: 1.1 times).
     */
    floor?: {
      /**
       * A multiple of the baseline's rate (default: 1).
       */
      times?: number;
      /**
       * Percentage points on top of it (default: 0).
       */
      points?: number;
    };
    /**
     * Devices that this metric needs, where it is more than the stage asks.
     */
    units?: number;
    /**
     * What it usually is; where this is wrong only time is lost (default: 1).
     */
    usualPercent?: number;
    /**
     * false: it is shown and decides nothing (default: true).
     */
    decides?: boolean;
  };
  /**
   * Plays that dropped more of their frames than the objective.
   */
  dropped?: {
    /**
     * Percent of the frames; a bound of the collector's histogram.
     */
    overPercent: number;
    /**
     * A release passes when it is proven to stay below this.
     */
    margin: {
      /**
       * A multiple of the baseline's rate (default: 1).
       */
      times?: number;
      /**
       * Percentage points on top of it (default: 0).
       */
      points?: number;
    };
    /**
     * A release fails when it is proven to be above this: what is real but trifling fails nobody (default: 1.1 times).
     */
    floor?: {
      /**
       * A multiple of the baseline's rate (default: 1).
       */
      times?: number;
      /**
       * Percentage points on top of it (default: 0).
       */
      points?: number;
    };
    /**
     * Devices that this metric needs, where it is more than the stage asks.
     */
    units?: number;
    /**
     * What it usually is; where this is wrong only time is lost (default: 1).
     */
    usualPercent?: number;
    /**
     * false: it is shown and decides nothing (default: true).
     */
    decides?: boolean;
  };
}
/**
 * How much worse a release may be than what is live.
 */
export interface GateMetric {
  /**
   * A release passes when it is proven to stay below this.
   */
  margin: {
    /**
     * A multiple of the baseline's rate (default: 1).
     */
    times?: number;
    /**
     * Percentage points on top of it (default: 0).
     */
    points?: number;
  };
  /**
   * A release fails when it is proven to be above this: what is real but trifling fails nobody (default: 1.1 times).
   */
  floor?: {
    /**
     * A multiple of the baseline's rate (default: 1).
     */
    times?: number;
    /**
     * Percentage points on top of it (default: 0).
     */
    points?: number;
  };
  /**
   * Devices that this metric needs, where it is more than the stage asks.
   */
  units?: number;
  /**
   * What it usually is; where this is wrong only time is lost (default: 1).
   */
  usualPercent?: number;
  /**
   * false: it is shown and decides nothing (default: true).
   */
  decides?: boolean;
}
/**
 * What giftwrap smoke tries of a release in a browser, and how much heavier than its reference a gift may be. What is left out has a sensible default.
 */
export interface Smoke {
  /**
   * The release that a gift is compared with, by the player that it needs (default: the newest other release at full with that player, or else a clip that is drawn).
   */
  references?: {
    webp?: SmokeReference;
    svga?: SmokeReference;
    lottie?: SmokeReference;
    dotlottie?: SmokeReference;
    vap?: SmokeReference;
    yyeva?: SmokeReference;
    mp4?: SmokeReference;
    pag?: SmokeReference;
    avif?: SmokeReference;
  };
  /**
   * What is tried (default: all). single: once. combo: the same gift again and again within a few seconds. burst: many at once. long-room: one after another, as in hours of a room. cold: on a device that has nothing yet. slow: on a network that is slow and loses answers. kill: stopped by on-call while it plays.
   *
   * @minItems 1
   */
  scenarios?: ("single" | "combo" | "burst" | "long-room" | "cold" | "slow" | "kill")[];
  /**
   * How often each gift is measured, in turns with its reference (default: 3); where that leaves it open, up to three times as often.
   */
  rounds?: number;
  /**
   * How many times its reference's time and load a gift may take (default: 1.5).
   */
  times?: number;
  /**
   * How many times its reference's memory a gift may take (default: 1.5).
   */
  memoryTimes?: number;
  /**
   * How often the same gift is sent, and within what time (default: 20 in 3 seconds).
   */
  combo?: {
    /**
     * How many.
     */
    gifts: number;
    /**
     * From the first to the last.
     */
    seconds: number;
  };
  /**
   * How many gifts are sent at once (default: 12).
   */
  burst?: number;
  /**
   * How many gifts are played one after another (default: 40).
   */
  longRoom?: number;
  /**
   * What the network lets through; besides, it loses the first answer for each object.
   */
  slowNetwork?: {
    /**
     * Of all answers together (default: 500000).
     */
    bytesPerSecond: number;
    /**
     * Before each answer, in milliseconds (default: 150).
     */
    latencyMilliseconds: number;
  };
  /**
   * What is too much whatever the reference takes, by device tier; nothing when absent. Of this machine, so keep them wide.
   */
  budgets?: {
    low?: SmokeBudget;
    mid?: SmokeBudget;
    high?: SmokeBudget;
  };
}
/**
 * What one gift may take in any scenario on this tier.
 */
export interface SmokeBudget {
  /**
   * Bytes that the browser takes more than before it plays, at the peak.
   */
  memoryBytes?: number;
  /**
   * From verified bytes to the first frame, in milliseconds.
   */
  startMilliseconds?: number;
  /**
   * From sending a gift to verified bytes, in milliseconds.
   */
  loadMilliseconds?: number;
}

/**
 * Where one environment is published to and read from: releases/environments/<name>.yaml.
 */
export interface EnvironmentFile {
  /**
   * as-written: the releases' own stages. testers: every release that is not withdrawn is open to everyone who reads this environment.
   */
  rollout: "as-written" | "testers";
  /**
   * Where bytes are written: a folder, or a bucket that speaks S3.
   */
  store:
    | {
        /**
         * A folder, absolute or relative to the repository; any static web server can serve it.
         */
        folder: string;
      }
    | {
        s3: S3;
      };
  /**
   * The environment whose store objects are copied from, by digest, when this machine has not built them.
   */
  objectsFrom?: string;
  /**
   * The addresses that apps read from, by region. Each is asked before a publish is called done.
   */
  edges: {
    /**
     * @minItems 1
     */
    [k: string]: (
      | string
      | {
          /**
           * The address that apps would read from.
           */
          url: string;
          /**
           * Why nobody waits for this edge: apps are led elsewhere until this is taken out again.
           */
          outOfService: string;
        }
    )[];
  };
  /**
   * What asks edges to forget the timestamp once it was written. A courtesy: nothing relies on it.
   */
  purge?:
    | {
        /**
         * The HTTP method that an edge understands as a purge of the address asked.
         */
        method: "PURGE";
      }
    | {
        /**
         * A program and its arguments, run once for each edge; {url} stands for the address.
         *
         * @minItems 1
         */
        command: string[];
      };
  /**
   * Seconds between a client's questions for news; signed into the timestamp.
   */
  pollSeconds: number;
  /**
   * Where the gate reads what happened to viewers: a Prometheus server that scrapes the collectors, or a recording.
   */
  metrics?:
    | {
        prometheus: Prometheus;
      }
    | {
        /**
         * A file of recorded series, absolute or relative to the repository.
         */
        recorded: string;
      };
}
/**
 * A bucket of AWS S3 or of a service that speaks its protocol. Credentials come from the environment, never from here.
 */
export interface S3 {
  /**
   * The bucket's name; versioning of the bucket is left off.
   */
  bucket: string;
  /**
   * The bucket's region; auto for Cloudflare R2 and Google Cloud Storage.
   */
  region: string;
  /**
   * The address of the service; left out for AWS.
   */
  endpoint?: string;
  /**
   * What stands before every key, for a bucket that holds other things too.
   */
  prefix?: string;
  /**
   * How the service takes conditions: by etag as AWS S3, R2 and MinIO do, or by generation as Google Cloud Storage does (default: etag).
   */
  conditions?: "etag" | "generation";
}
/**
 * A Prometheus server, or what speaks its HTTP API. A token comes from the environment, never from here.
 */
export interface Prometheus {
  /**
   * The address of the server, with the path that stands before /api/v1; without a user, a password or a query.
   */
  url: string;
  /**
   * The environment variable that holds the bearer token for the server.
   */
  bearerTokenVariable?: string;
  /**
   * Labels that every series must have besides, where one server scrapes more than these collectors.
   */
  labels?: {
    [k: string]: string;
  };
  /**
   * Seconds that one request may take (default: 30).
   */
  timeoutSeconds?: number;
}

/**
 * On-call's switch: releases/overrides/<name>.yaml. It beats every catalog until its file is deleted or it ends.
 */
export interface OverrideFile {
  /**
   * Gift ids, or "*" for all.
   */
  gifts: "*" | string[];
  /**
   * A semver range of release versions; all when absent.
   */
  versions?: string;
  /**
   * Only for these viewers; for everyone when absent.
   */
  scope?: {
    /**
     * Only in these regions.
     *
     * @minItems 1
     */
    regions?: string[];
    /**
     * Only on these platforms.
     *
     * @minItems 1
     */
    platforms?: string[];
    /**
     * Only these app versions, by platform.
     */
    app?: {
      [k: string]: string;
    };
    /**
     * Only these device classes.
     *
     * @minItems 1
     */
    tiers?: ("low" | "mid" | "high")[];
  };
  /**
   * How far the releases may still go.
   */
  limit: "none" | "canary" | "regional";
  /**
   * For people; never published.
   */
  reason: string;
  /**
   * Where it is followed up; never published.
   */
  incident?: string;
  /**
   * When the override stops to hold, in UTC.
   */
  ends?: string;
}

/**
 * A signed record that a check ran: evidence/<lock digest>/<environment>/<kind>.json in the store, written by the tool that ran it.
 */
export interface EvidenceFile {
  /**
   * What this is.
   */
  _type: "evidence";
  /**
   * The version of this format.
   */
  format: string;
  /**
   * What was shown.
   */
  kind: "matrix" | "smoke" | "warm" | "drill" | "switch" | "gate";
  /**
   * Where.
   */
  environment: string;
  /**
   * The gift's id.
   */
  gift: string;
  /**
   * The release's version.
   */
  version: string;
  /**
   * SHA-256 of the lock file's bytes: the record is about these bytes and no others.
   */
  lock: string;
  /**
   * When the check ended, in UTC, whole seconds.
   */
  recorded: string;
  /**
   * Whether it passed.
   */
  result: "passed" | "failed";
  /**
   * What was seen, by name; differs by kind.
   */
  facts: {
    [k: string]: string | number;
  };
  /**
   * What made the record.
   */
  tool: string;
}

/**
 * Something that happened in a play.
 */
export type BeaconEvent =
  | {
      /**
       * What happened.
       */
      kind: "exposed";
      play: Play;
      /**
       * The gift's id.
       */
      gift: string;
      version: Version;
      /**
       * SHA-256 of the animation that the chain begins with.
       */
      digest: string;
      /**
       * How the play counts.
       */
      arm: "trial" | "baseline" | "cohort" | "live";
      /**
       * The version on trial; empty for live.
       */
      trial: string;
      /**
       * Chance to be in the trial, in parts per million.
       */
      sharePerMillion: number;
      /**
       * Whether this device never played these bytes before.
       */
      first: boolean;
    }
  | {
      /**
       * What happened.
       */
      kind: "loaded";
      play: Play;
      milliseconds: Milliseconds;
    }
  | {
      /**
       * What happened.
       */
      kind: "decoded";
      play: Play;
      milliseconds: Milliseconds;
    }
  | {
      /**
       * What happened.
       */
      kind: "failed";
      play: Play;
      /**
       * Why.
       */
      cause: "network" | "missing" | "hash" | "decode";
    }
  | {
      /**
       * What happened.
       */
      kind: "fell_back";
      play: Play;
      /**
       * What.
       */
      to: "release" | "gift" | "still" | "default";
    }
  | {
      /**
       * What happened.
       */
      kind: "ended";
      play: Play;
      frames: Frames;
      dropped: Frames;
    };
/**
 * Chance, made for each play.
 */
export type Play = string;
/**
 * A semantic version.
 */
export type Version = string;
/**
 * How long it took.
 */
export type Milliseconds = number;
/**
 * How many.
 */
export type Frames = number;

/**
 * What an app tells the collector about its plays, in one POST to /v1/beacons. Nothing in it names a person.
 */
export interface BeaconFile {
  /**
   * The version of this format; another major is refused.
   */
  format: string;
  /**
   * Chance, made when the app was installed; used only to count a device once.
   */
  device: string;
  /**
   * As the policy names it.
   */
  platform: string;
  /**
   * major.minor.patch.
   */
  app: string;
  /**
   * The device class.
   */
  tier: "low" | "mid" | "high";
  /**
   * Two capital letters, or empty when unknown.
   */
  region: string;
  /**
   * In the order in which they happened.
   *
   * @minItems 1
   * @maxItems 20
   */
  events: BeaconEvent[];
}

/**
 * gift@version.
 */
export type ReleaseKey = string;
/**
 * How many bytes.
 */
export type Amount = number;

/**
 * What a pull request's own run says about what it built. It comes from a run of untrusted code, so it is shown and never relied on.
 */
export interface ReportFile {
  /**
   * The version of this format; another major is refused.
   */
  format: string;
  /**
   * Which releases were built, and how that went.
   *
   * @maxItems 2000
   *
   * Items: One release.
   */
  builds: {
    release: ReleaseKey;
    /**
     * Whether somebody has to change something.
     */
    isWrong: boolean;
    /**
     * How it went, in words.
     */
    message: string;
  }[];
  /**
   * What the built releases cost on a device, for each device tier.
   *
   * @maxItems 6000
   *
   * Items: One release on one tier.
   */
  variants: {
    release: ReleaseKey;
    /**
     * The device class.
     */
    tier: "low" | "mid" | "high";
    downloadBytes: Amount;
    decodedBytes: Amount;
  }[];
  /**
   * Names of pictures beside the report.
   *
   * @maxItems 2000
   *
   * Items: One picture of one release.
   */
  previews?: {
    release: ReleaseKey;
    /**
     * A plain file name.
     */
    name: string;
  }[];
}

/**
 * SHA-256, hexadecimal.
 */
export type Sha256 = string;

/**
 * What one job built for a pull request, for another to store: beside it are locks/<digest> and objects/<digest>. It comes from where strangers' files were decoded, so everything in it is proven before it is used.
 */
export interface LocksFile {
  /**
   * The version of this format; another major is refused.
   */
  format: string;
  /**
   * The commit whose files were built.
   */
  headSha: string;
  /**
   * One for each release that was built.
   *
   * @maxItems 500
   *
   * Items: One lock.
   */
  locks: {
    /**
     * Where it belongs in the repository.
     */
    path: string;
    digest: Sha256;
  }[];
  /**
   * The bytes that the locks name.
   *
   * @maxItems 2000
   *
   * Items: One object.
   */
  objects: {
    digest: Sha256;
    /**
     * As HTTP names it.
     */
    mediaType: string;
    /**
     * How large it is.
     */
    bytes: number;
  }[];
  /**
   * Releases that could not be built.
   *
   * @maxItems 2000
   *
   * Items: One release.
   */
  failed: {
    /**
     * gift@version.
     */
    release: string;
    /**
     * Why, in words.
     */
    message: string;
  }[];
}
