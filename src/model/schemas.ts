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
   * One file (SVGA or Lottie JSON), or a folder of PNG frames; below source/.
   */
  animation: string;
  /**
   * Only for a folder of frames: how fast they were drawn to be played.
   */
  fps?: number;
  /**
   * An optional sound file below source/.
   */
  sound?: string;
  /**
   * The picture shown when nothing of the gift can move; made from the fullest frame of a frame folder when it is not given.
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
   * What made the bytes; the same identity gives the same bytes again.
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
     * Present when the file carries its sound inside.
     */
    embeddedSound?: true;
  };
  /**
   * Images that an app may replace at run time.
   */
  slots: string[];
  /**
   * The files for each device tier.
   */
  tiers: {
    [k: string]: Variant;
  };
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
         * The format that it plays.
         */
        name: "webp" | "svga" | "lottie";
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
      | "SLOT_REMOVED";
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
}
/**
 * How frames are encoded for this tier, and its budget.
 */
export interface TierPolicy {
  /**
   * For folders of frames: size, rate and quality of the animated WebP.
   */
  frames: {
    /**
     * Pixels; smaller frames are left as they are.
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
 * Where one environment is published to and read from: releases/environments/<name>.yaml.
 */
export interface EnvironmentFile {
  /**
   * as-written: the releases' own stages. testers: every release that is not withdrawn is open to everyone who reads this environment.
   */
  rollout: "as-written" | "testers";
  /**
   * Where bytes are written.
   */
  store: {
    /**
     * A folder, absolute or relative to the repository; any static web server can serve it.
     */
    folder: string;
  };
  /**
   * The addresses that apps read from, by region. Each is asked before a publish is called done.
   */
  edges: {
    /**
     * @minItems 1
     */
    [k: string]: string[];
  };
  /**
   * Seconds between a client's questions for news; signed into the timestamp.
   */
  pollSeconds: number;
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
  kind: "matrix" | "smoke" | "warm" | "drill" | "switch";
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

export const giftSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/gift.schema.json","title":"Gift","description":"What a viewer sends: gifts/<id>/gift.yaml, owned by artists.","type":"object","additionalProperties":false,"required":["id","name","owner","animation"],"properties":{"id":{"title":"Gift id","description":"The name of the gift's folder: lower-case letters, digits and dashes.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","maxLength":64,"examples":["rose","rose-classic"]},"name":{"title":"Name","description":"What people call the gift.","type":"string","minLength":1,"examples":["Rose"]},"owner":{"title":"Owner","description":"The GitHub user or team who is asked about the art.","type":"string","pattern":"^@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?$","examples":["@acme/gift-art"]},"animation":{"title":"Animation","description":"One file (SVGA or Lottie JSON), or a folder of PNG frames; below source/.","type":"string","pattern":"^source/[^\\\\]+$","examples":["source/rose.svga","source/frames"]},"fps":{"title":"Frames per second","description":"Only for a folder of frames: how fast they were drawn to be played.","type":"integer","minimum":1,"maximum":60,"examples":[24]},"sound":{"title":"Sound","description":"An optional sound file below source/.","type":"string","pattern":"^source/[^\\\\]+$","examples":["source/chime.wav"]},"still":{"title":"Still","description":"The picture shown when nothing of the gift can move; made from the fullest frame of a frame folder when it is not given.","type":"string","pattern":"^source/[^\\\\]+$","examples":["source/still.png"]}}};

export const releaseSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/release.schema.json","title":"Release","description":"One version of a gift and how far it may go: releases/<gift>/<version>.yaml, owned by product managers.","type":"object","additionalProperties":false,"required":["gift","version","title","compat","rollout"],"properties":{"gift":{"title":"Gift","description":"The gift's id; the name of this file's folder.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","examples":["rose"]},"version":{"title":"Version","description":"A semantic version; the name of this file. It is never used again for other bytes.","type":"string","pattern":"^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$","examples":["1.4.0"]},"title":{"title":"Title","description":"One line for people; it is never published.","type":"string","minLength":1,"examples":["Rose, lunar new year colours"]},"compat":{"title":"Compatibility","description":"The apps and device tiers that may play this release.","type":"object","additionalProperties":false,"required":["app","tiers"],"properties":{"app":{"title":"App versions by platform","description":"A semver range for each platform; a platform that is not named is not served.","type":"object","minProperties":1,"additionalProperties":{"$ref":"#/$defs/range"},"examples":[{"android":">=8.2.0","ios":">=8.3.1","web":"*"}]},"tiers":{"title":"Device tiers","description":"The device classes that get a variant of this release.","type":"array","minItems":1,"uniqueItems":true,"items":{"$ref":"#/$defs/tier"},"examples":[["low","mid","high"]]}}},"requires":{"title":"Required gifts","description":"Other gifts or shared packs, with the range of versions that this release plays with.","type":"object","additionalProperties":{"$ref":"#/$defs/range"},"examples":[{"sparkle-kit":"^2.0.0"}]},"fallback":{"title":"Fallback gifts","description":"What a viewer sees when nothing of this gift can be used, in order; the gift's still is always last.","type":"array","items":{"type":"object","additionalProperties":false,"required":["gift"],"properties":{"gift":{"title":"Fallback gift","description":"Another gift's id.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","examples":["rose-classic"]}}},"examples":[[{"gift":"rose-classic"}]]},"rollout":{"title":"Rollout","description":"Who may see the release. A later stage counts only while every earlier one is open.","type":"object","additionalProperties":false,"required":["canary","regional","full"],"properties":{"salt":{"title":"Salt","description":"Shared by releases that must reach the very same viewers. Never changed afterwards. Default: <gift>/<version>.","type":"string","pattern":"^[A-Za-z0-9._/-]{1,128}$","examples":["lunar-new-year/2027"]},"canary":{"title":"Canary","description":"The first stage: named cohorts, a small share of everyone, or both.","type":"object","additionalProperties":false,"required":["open"],"minProperties":2,"properties":{"open":{"$ref":"#/$defs/open"},"cohorts":{"title":"Cohorts","description":"Names that the server gives to viewers.","type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9-]+$"},"examples":[["staff","qa"]]},"percent":{"$ref":"#/$defs/percent"}}},"regional":{"title":"Regional","description":"The second stage: a share of the eligible viewers of some regions.","type":"object","additionalProperties":false,"required":["open","regions"],"properties":{"open":{"$ref":"#/$defs/open"},"regions":{"title":"Regions","description":"Percent of the eligible viewers, by region.","type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Z]{2}$"},"additionalProperties":{"$ref":"#/$defs/percent"},"examples":[{"SG":5,"ID":10}]},"eligible":{"title":"Eligible viewers","description":"The low-risk slice, decided before the percentage.","type":"object","additionalProperties":false,"minProperties":1,"properties":{"tiers":{"title":"Eligible tiers","description":"Only these device classes.","type":"array","minItems":1,"uniqueItems":true,"items":{"$ref":"#/$defs/tier"},"examples":[["mid","high"]]},"exclude":{"title":"Excluded cohorts","description":"Never these viewers.","type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9-]+$"},"examples":[["vip"]]}}}}},"full":{"title":"Full","description":"The last stage: everyone whom the compatibility allows.","type":"object","additionalProperties":false,"required":["open"],"properties":{"open":{"$ref":"#/$defs/open"}}},"holdback":{"title":"Holdback","description":"Viewers kept on the older release until this one is proven; then set to 0.","type":"object","additionalProperties":false,"required":["percent"],"properties":{"percent":{"title":"Held back","description":"Percent of all viewers.","type":"number","minimum":0,"maximum":50,"examples":[2]}}}}},"campaign":{"title":"Campaign","description":"The event that the release is made for; shown in the calendar.","type":"object","additionalProperties":false,"required":["name","starts","ends"],"properties":{"name":{"title":"Name","description":"What people call it.","type":"string","minLength":1,"examples":["Lunar new year"]},"starts":{"title":"Start","description":"Date and time with the offset of its time zone, or Z for UTC.","type":"string","pattern":"^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$","examples":["2027-02-05T18:00:00+08:00"]},"ends":{"title":"End","description":"Date and time with the offset of its time zone, or Z for UTC.","type":"string","pattern":"^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$","examples":["2027-02-05T18:00:00+08:00"]}},"examples":[{"name":"Lunar new year","starts":"2027-02-05T18:00:00+08:00","ends":"2027-02-20T23:59:00+08:00"}]},"reopening":{"title":"Reopening","description":"Why a release that was rolled back comes again; it starts at canary.","type":"object","additionalProperties":false,"required":["reason"],"properties":{"reason":{"title":"Reason","description":"What was wrong, and why it is not any more.","type":"string","minLength":1,"examples":["The CDN had served damaged bytes; the release itself was fine"]}},"examples":[{"reason":"The CDN had served damaged bytes; the release itself was fine"}]}},"$defs":{"open":{"title":"Open","description":"true opens the stage, false closes it: closing is the rollback.","type":"boolean","examples":[true,false]},"percent":{"title":"Percent","description":"From 0.01 to 100, in steps of 0.01.","type":"number","minimum":0.01,"maximum":100,"examples":[5]},"tier":{"title":"Tier","description":"A device class.","enum":["low","mid","high"],"examples":["mid"]},"range":{"title":"Semver range","description":"As npm writes it; \"*\" is every version.","type":"string","minLength":1,"examples":[">=8.2.0","^2.0.0","*"]},"moment":{"title":"Moment","description":"Date and time with the offset of its time zone, or Z for UTC.","type":"string","pattern":"^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$","examples":["2027-02-05T18:00:00+08:00"]}}};

export const lockSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/lock.schema.json","title":"Lock","description":"The bytes of a release: releases/<gift>/<version>.lock.json, written by giftwrap build, never by hand and never changed once merged.","type":"object","additionalProperties":false,"required":["gift","version","sources","builder","player","slots","tiers"],"properties":{"gift":{"title":"Gift","description":"The gift's id.","type":"string"},"version":{"title":"Version","description":"The release's version.","type":"string"},"sources":{"title":"Sources","description":"The source files the release was built from.","type":"array","minItems":1,"items":{"type":"object","additionalProperties":false,"required":["path","digest","bytes"],"properties":{"path":{"title":"Path","description":"Below the gift's folder.","type":"string"},"digest":{"$ref":"#/$defs/digest"},"bytes":{"$ref":"#/$defs/bytes"}}}},"builder":{"title":"Builder","description":"What made the bytes; the same identity gives the same bytes again.","type":"object","additionalProperties":{"type":"string"},"examples":[{"recipe":"1","sharp":"0.35.5","platform":"linux-x64"}]},"player":{"title":"Player","description":"The player that can show the animation, read from its bytes.","type":"object","additionalProperties":false,"required":["name","version"],"properties":{"name":{"title":"Player name","description":"As in the policy.","type":"string","examples":["svga"]},"version":{"title":"Format version","description":"What the player must understand.","type":"string","examples":["2.0.0"]},"embeddedSound":{"title":"Embedded sound","description":"Present when the file carries its sound inside.","const":true}}},"slots":{"title":"Slots","description":"Images that an app may replace at run time.","type":"array","items":{"type":"string"},"examples":[["avatar"]]},"tiers":{"title":"Variants","description":"The files for each device tier.","type":"object","minProperties":1,"propertyNames":{"enum":["low","mid","high"]},"additionalProperties":{"$ref":"#/$defs/variant"}}},"$defs":{"digest":{"title":"Digest","description":"SHA-256, hexadecimal.","type":"string","pattern":"^[0-9a-f]{64}$"},"bytes":{"title":"Bytes","description":"Length.","type":"integer","minimum":1},"variant":{"title":"Variant","description":"What one device tier downloads.","type":"object","additionalProperties":false,"required":["width","height","frames","fps","decodedBytes","files"],"properties":{"width":{"title":"Width","description":"Pixels.","type":"integer","minimum":1},"height":{"title":"Height","description":"Pixels.","type":"integer","minimum":1},"frames":{"title":"Frames","description":"How many.","type":"integer","minimum":1},"fps":{"title":"Frames per second","description":"The mean rate.","type":"number","exclusiveMinimum":0},"decodedBytes":{"title":"Decoded bytes","description":"Estimated peak memory of the decoded images.","type":"integer","minimum":0},"files":{"title":"Files","description":"The objects of this variant.","type":"array","minItems":1,"items":{"$ref":"#/$defs/file"}},"images":{"title":"Images","description":"Bitmaps inside the animation; absent from locks of before they were counted.","type":"integer","minimum":0}}},"file":{"title":"File","description":"One object.","type":"object","additionalProperties":false,"required":["role","mediaType","digest","bytes"],"properties":{"role":{"title":"Role","description":"What it is for.","enum":["animation","sound","still"]},"mediaType":{"title":"Media type","description":"As HTTP names it.","type":"string","examples":["image/webp"]},"digest":{"$ref":"#/$defs/digest"},"bytes":{"$ref":"#/$defs/bytes"}}}}};

export const policySchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/policy.schema.json","title":"Policy","description":"What the apps can play and what a gift may cost: releases/policy.yaml, owned by few.","type":"object","additionalProperties":false,"required":["platforms","tiers"],"properties":{"platforms":{"title":"Platforms","description":"The apps that are supported, and what they can play.","type":"object","minProperties":1,"propertyNames":{"pattern":"^[a-z0-9-]+$"},"additionalProperties":{"title":"Platform","description":"One kind of app.","type":"object","additionalProperties":false,"required":["apps","players"],"properties":{"apps":{"title":"Supported apps","description":"A semver range of app versions still in use.","type":"string","examples":[">=8.0.0"]},"players":{"title":"Players","description":"Which player is in which app versions, and the format versions it plays.","type":"array","minItems":1,"items":{"type":"object","additionalProperties":false,"required":["name","apps","formats"],"properties":{"name":{"title":"Player","description":"The format that it plays.","enum":["webp","svga","lottie"],"examples":["svga"]},"apps":{"title":"App versions","description":"A semver range of the apps that carry it.","type":"string","examples":[">=8.2.0"]},"formats":{"title":"Format versions","description":"A semver range of the format versions it plays.","type":"string","examples":["^2.0.0"]},"embeddedSound":{"title":"Embedded sound","description":"Whether it plays files that carry their sound inside; true when absent.","type":"boolean","examples":[false]}}}}}}},"tiers":{"title":"Tiers","description":"What each device class gets and may cost.","type":"object","additionalProperties":false,"required":["low","mid","high"],"properties":{"low":{"$ref":"#/$defs/tierPolicy"},"mid":{"$ref":"#/$defs/tierPolicy"},"high":{"$ref":"#/$defs/tierPolicy"}}},"warnings":{"title":"Warnings","description":"Rules that only warn here; every other budget stops the gift.","type":"array","uniqueItems":true,"items":{"$ref":"#/$defs/budgetRule"},"examples":[["BUDGET_IMAGES"]]},"waivers":{"title":"Waivers","description":"Findings that a gift is forgiven until a day; from then on they are errors.","type":"array","items":{"type":"object","additionalProperties":false,"required":["rule","gift","owner","reason","ends"],"properties":{"rule":{"title":"Rule","description":"The code of the finding.","enum":["BUDGET_DOWNLOAD","BUDGET_MEMORY","BUDGET_CANVAS","BUDGET_FPS","BUDGET_DURATION","BUDGET_IMAGES","BUDGET_SOUND","SLOT_REMOVED"],"examples":["BUDGET_MEMORY"]},"gift":{"title":"Gift","description":"The gift's id.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","examples":["rose"]},"versions":{"title":"Versions","description":"A semver range of release versions; all when absent.","type":"string","minLength":1,"examples":["1.4.0"]},"owner":{"title":"Owner","description":"Who answers for it.","type":"string","minLength":1,"examples":["@acme/gift-art"]},"reason":{"title":"Reason","description":"Why it is accepted.","type":"string","minLength":1,"examples":["The anniversary gift is shown alone"]},"ends":{"title":"End","description":"The last day, in UTC.","type":"string","pattern":"^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$","examples":["2027-01-31"]}}}},"freezes":{"title":"Freeze windows","description":"Times in which nothing may reach more viewers; what reaches fewer always may.","type":"array","items":{"type":"object","additionalProperties":false,"required":["name","starts","ends"],"properties":{"name":{"title":"Name","description":"What people call it.","type":"string","minLength":1,"examples":["Lunar new year"]},"starts":{"$ref":"#/$defs/moment"},"ends":{"$ref":"#/$defs/moment"},"allow":{"title":"Allowed gifts","description":"Gifts that may go on all the same.","type":"array","uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"},"examples":[["rose"]]}}}},"checklist":{"title":"Checklist","description":"Evidence that must be on record before a release leaves canary.","type":"array","items":{"type":"object","additionalProperties":false,"required":["evidence","environment"],"properties":{"evidence":{"title":"Evidence","description":"What must have been shown.","enum":["matrix","smoke","warm","drill","switch"],"examples":["matrix"]},"environment":{"title":"Environment","description":"Where.","type":"string","pattern":"^[a-z0-9-]+$","examples":["production"]},"maxAgeDays":{"title":"Age","description":"How old the record may be; any age when absent.","type":"integer","minimum":1,"maximum":365,"examples":[30]}}}}},"$defs":{"tierPolicy":{"title":"Tier policy","description":"How frames are encoded for this tier, and its budget.","type":"object","additionalProperties":false,"required":["frames","budget"],"properties":{"frames":{"title":"Frame encoding","description":"For folders of frames: size, rate and quality of the animated WebP.","type":"object","additionalProperties":false,"required":["longSide","fps","quality"],"properties":{"longSide":{"title":"Long side","description":"Pixels; smaller frames are left as they are.","type":"integer","minimum":16,"maximum":4096,"examples":[360]},"fps":{"title":"Frames per second","description":"At most; frames are left out evenly.","type":"integer","minimum":1,"maximum":60,"examples":[12]},"quality":{"title":"Quality","description":"WebP quality, 1 to 100.","type":"integer","minimum":1,"maximum":100,"examples":[70]}}},"budget":{"title":"Budget","description":"What one release may cost on a device of this tier; what is left out is not limited.","type":"object","additionalProperties":false,"required":["downloadBytes","decodedBytes"],"properties":{"downloadBytes":{"title":"Download","description":"Bytes of all files together.","type":"integer","minimum":1,"examples":[1500000]},"decodedBytes":{"title":"Memory","description":"Bytes of the decoded images at the peak.","type":"integer","minimum":1,"examples":[20000000]},"canvas":{"title":"Canvas","description":"The most pixels of the longer and of the shorter side.","type":"object","additionalProperties":false,"required":["long","short"],"properties":{"long":{"title":"Longer side","description":"Pixels.","type":"integer","minimum":16,"examples":[1334]},"short":{"title":"Shorter side","description":"Pixels.","type":"integer","minimum":16,"examples":[750]}},"examples":[{"long":1334,"short":750}]},"fps":{"title":"Frame rate","description":"Frames per second.","type":"number","exclusiveMinimum":0,"examples":[30]},"durationSeconds":{"title":"Duration","description":"Seconds of one play.","type":"number","exclusiveMinimum":0,"examples":[10]},"images":{"title":"Images","description":"Bitmaps inside the animation.","type":"integer","minimum":0,"examples":[60]},"soundBytes":{"title":"Sound","description":"Bytes of the sound file.","type":"integer","minimum":0,"examples":[200000]}}}}},"budgetRule":{"title":"Budget rule","description":"The code of a finding about a budget.","enum":["BUDGET_DOWNLOAD","BUDGET_MEMORY","BUDGET_CANVAS","BUDGET_FPS","BUDGET_DURATION","BUDGET_IMAGES","BUDGET_SOUND"]},"moment":{"title":"Moment","description":"Date and time with the offset of its time zone, or Z for UTC.","type":"string","pattern":"^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$","examples":["2027-02-05T18:00:00+08:00"]}}};

export const environmentSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/environment.schema.json","title":"Environment","description":"Where one environment is published to and read from: releases/environments/<name>.yaml.","type":"object","additionalProperties":false,"required":["rollout","store","edges","pollSeconds"],"properties":{"rollout":{"title":"Whose rollout counts","description":"as-written: the releases' own stages. testers: every release that is not withdrawn is open to everyone who reads this environment.","enum":["as-written","testers"],"examples":["as-written"]},"store":{"title":"Store","description":"Where bytes are written.","type":"object","additionalProperties":false,"required":["folder"],"properties":{"folder":{"title":"Folder","description":"A folder, absolute or relative to the repository; any static web server can serve it.","type":"string","minLength":1,"examples":[".giftwrap/store/production"]}}},"edges":{"title":"Edges","description":"The addresses that apps read from, by region. Each is asked before a publish is called done.","type":"object","propertyNames":{"pattern":"^[A-Z]{2}$"},"additionalProperties":{"type":"array","minItems":1,"items":{"type":"string","pattern":"^https?://"}},"examples":[{"SG":["https://sg.gifts.example.com/"]}]},"pollSeconds":{"title":"Poll interval","description":"Seconds between a client's questions for news; signed into the timestamp.","type":"integer","minimum":30,"maximum":300,"examples":[60]}}};

export const overrideSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/override.schema.json","title":"Override","description":"On-call's switch: releases/overrides/<name>.yaml. It beats every catalog until its file is deleted or it ends.","type":"object","additionalProperties":false,"required":["gifts","limit","reason"],"properties":{"gifts":{"title":"Gifts","description":"Gift ids, or \"*\" for all.","oneOf":[{"const":"*"},{"type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"}}],"examples":[["rose"],"*"]},"versions":{"title":"Versions","description":"A semver range of release versions; all when absent.","type":"string","minLength":1,"examples":["1.4.0",">=1.4.0 <2.0.0"]},"scope":{"title":"Scope","description":"Only for these viewers; for everyone when absent.","type":"object","additionalProperties":false,"minProperties":1,"properties":{"regions":{"title":"Regions","description":"Only in these regions.","type":"array","minItems":1,"items":{"type":"string","pattern":"^[A-Z]{2}$"},"examples":[["SG"]]},"platforms":{"title":"Platforms","description":"Only on these platforms.","type":"array","minItems":1,"items":{"type":"string"},"examples":[["android"]]},"app":{"title":"App versions","description":"Only these app versions, by platform.","type":"object","minProperties":1,"additionalProperties":{"type":"string"},"examples":[{"android":"<8.3.0"}]},"tiers":{"title":"Tiers","description":"Only these device classes.","type":"array","minItems":1,"items":{"enum":["low","mid","high"]},"examples":[["low"]]}}},"limit":{"title":"Limit","description":"How far the releases may still go.","enum":["none","canary","regional"],"examples":["none"]},"reason":{"title":"Reason","description":"For people; never published.","type":"string","minLength":1,"examples":["Crashes on Mali GPUs"]},"incident":{"title":"Incident","description":"Where it is followed up; never published.","type":"string","examples":["https://status.example.com/incidents/42"]},"ends":{"title":"End","description":"When the override stops to hold, in UTC.","type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$","examples":["2027-01-31T12:00:00Z"]}}};

export const evidenceSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/evidence.schema.json","title":"Evidence","description":"A signed record that a check ran: evidence/<lock digest>/<environment>/<kind>.json in the store, written by the tool that ran it.","type":"object","additionalProperties":false,"required":["_type","format","kind","environment","gift","version","lock","recorded","result","facts","tool"],"properties":{"_type":{"title":"Type","description":"What this is.","const":"evidence"},"format":{"title":"Format","description":"The version of this format.","type":"string","pattern":"^\\d+\\.\\d+$","examples":["1.0"]},"kind":{"title":"Kind","description":"What was shown.","enum":["matrix","smoke","warm","drill","switch"],"examples":["matrix"]},"environment":{"title":"Environment","description":"Where.","type":"string","examples":["production"]},"gift":{"title":"Gift","description":"The gift's id.","type":"string","examples":["rose"]},"version":{"title":"Version","description":"The release's version.","type":"string","examples":["1.1.0"]},"lock":{"title":"Lock","description":"SHA-256 of the lock file's bytes: the record is about these bytes and no others.","type":"string","pattern":"^[0-9a-f]{64}$"},"recorded":{"title":"Recorded","description":"When the check ended, in UTC, whole seconds.","type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$","examples":["2027-01-31T12:00:00Z"]},"result":{"title":"Result","description":"Whether it passed.","enum":["passed","failed"],"examples":["passed"]},"facts":{"title":"Facts","description":"What was seen, by name; differs by kind.","type":"object","additionalProperties":{"type":["string","integer"]},"examples":[{"cells":108}]},"tool":{"title":"Tool","description":"What made the record.","type":"string","examples":["giftwrap 0.1.0"]}}};
