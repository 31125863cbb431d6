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
   * What one release may cost on a device of this tier.
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

export const giftSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/gift.schema.json","title":"Gift","description":"What a viewer sends: gifts/<id>/gift.yaml, owned by artists.","type":"object","additionalProperties":false,"required":["id","name","owner","animation"],"properties":{"id":{"title":"Gift id","description":"The name of the gift's folder: lower-case letters, digits and dashes.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","maxLength":64,"examples":["rose","rose-classic"]},"name":{"title":"Name","description":"What people call the gift.","type":"string","minLength":1,"examples":["Rose"]},"owner":{"title":"Owner","description":"The GitHub user or team who is asked about the art.","type":"string","pattern":"^@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?$","examples":["@acme/gift-art"]},"animation":{"title":"Animation","description":"One file (SVGA or Lottie JSON), or a folder of PNG frames; below source/.","type":"string","pattern":"^source/[^\\\\]+$","examples":["source/rose.svga","source/frames"]},"fps":{"title":"Frames per second","description":"Only for a folder of frames: how fast they were drawn to be played.","type":"integer","minimum":1,"maximum":60,"examples":[24]},"sound":{"title":"Sound","description":"An optional sound file below source/.","type":"string","pattern":"^source/[^\\\\]+$","examples":["source/chime.wav"]},"still":{"title":"Still","description":"The picture shown when nothing of the gift can move; made from the fullest frame of a frame folder when it is not given.","type":"string","pattern":"^source/[^\\\\]+$","examples":["source/still.png"]}}};

export const releaseSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/release.schema.json","title":"Release","description":"One version of a gift and how far it may go: releases/<gift>/<version>.yaml, owned by product managers.","type":"object","additionalProperties":false,"required":["gift","version","title","compat","rollout"],"properties":{"gift":{"title":"Gift","description":"The gift's id; the name of this file's folder.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","examples":["rose"]},"version":{"title":"Version","description":"A semantic version; the name of this file. It is never used again for other bytes.","type":"string","pattern":"^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$","examples":["1.4.0"]},"title":{"title":"Title","description":"One line for people; it is never published.","type":"string","minLength":1,"examples":["Rose, lunar new year colours"]},"compat":{"title":"Compatibility","description":"The apps and device tiers that may play this release.","type":"object","additionalProperties":false,"required":["app","tiers"],"properties":{"app":{"title":"App versions by platform","description":"A semver range for each platform; a platform that is not named is not served.","type":"object","minProperties":1,"additionalProperties":{"$ref":"#/$defs/range"},"examples":[{"android":">=8.2.0","ios":">=8.3.1","web":"*"}]},"tiers":{"title":"Device tiers","description":"The device classes that get a variant of this release.","type":"array","minItems":1,"uniqueItems":true,"items":{"$ref":"#/$defs/tier"},"examples":[["low","mid","high"]]}}},"requires":{"title":"Required gifts","description":"Other gifts or shared packs, with the range of versions that this release plays with.","type":"object","additionalProperties":{"$ref":"#/$defs/range"},"examples":[{"sparkle-kit":"^2.0.0"}]},"fallback":{"title":"Fallback gifts","description":"What a viewer sees when nothing of this gift can be used, in order; the gift's still is always last.","type":"array","items":{"type":"object","additionalProperties":false,"required":["gift"],"properties":{"gift":{"title":"Fallback gift","description":"Another gift's id.","type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$","examples":["rose-classic"]}}},"examples":[[{"gift":"rose-classic"}]]},"rollout":{"title":"Rollout","description":"Who may see the release. A later stage counts only while every earlier one is open.","type":"object","additionalProperties":false,"required":["canary","regional","full"],"properties":{"salt":{"title":"Salt","description":"Shared by releases that must reach the very same viewers. Never changed afterwards. Default: <gift>/<version>.","type":"string","pattern":"^[A-Za-z0-9._/-]{1,128}$","examples":["lunar-new-year/2027"]},"canary":{"title":"Canary","description":"The first stage: named cohorts, a small share of everyone, or both.","type":"object","additionalProperties":false,"required":["open"],"minProperties":2,"properties":{"open":{"$ref":"#/$defs/open"},"cohorts":{"title":"Cohorts","description":"Names that the server gives to viewers.","type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9-]+$"},"examples":[["staff","qa"]]},"percent":{"$ref":"#/$defs/percent"}}},"regional":{"title":"Regional","description":"The second stage: a share of the eligible viewers of some regions.","type":"object","additionalProperties":false,"required":["open","regions"],"properties":{"open":{"$ref":"#/$defs/open"},"regions":{"title":"Regions","description":"Percent of the eligible viewers, by region.","type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Z]{2}$"},"additionalProperties":{"$ref":"#/$defs/percent"},"examples":[{"SG":5,"ID":10}]},"eligible":{"title":"Eligible viewers","description":"The low-risk slice, decided before the percentage.","type":"object","additionalProperties":false,"minProperties":1,"properties":{"tiers":{"title":"Eligible tiers","description":"Only these device classes.","type":"array","minItems":1,"uniqueItems":true,"items":{"$ref":"#/$defs/tier"},"examples":[["mid","high"]]},"exclude":{"title":"Excluded cohorts","description":"Never these viewers.","type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9-]+$"},"examples":[["vip"]]}}}}},"full":{"title":"Full","description":"The last stage: everyone whom the compatibility allows.","type":"object","additionalProperties":false,"required":["open"],"properties":{"open":{"$ref":"#/$defs/open"}}},"holdback":{"title":"Holdback","description":"Viewers kept on the older release until this one is proven; then set to 0.","type":"object","additionalProperties":false,"required":["percent"],"properties":{"percent":{"title":"Held back","description":"Percent of all viewers.","type":"number","minimum":0,"maximum":50,"examples":[2]}}}}}},"$defs":{"open":{"title":"Open","description":"true opens the stage, false closes it: closing is the rollback.","type":"boolean","examples":[true,false]},"percent":{"title":"Percent","description":"From 0.01 to 100, in steps of 0.01.","type":"number","minimum":0.01,"maximum":100,"examples":[5]},"tier":{"title":"Tier","description":"A device class.","enum":["low","mid","high"],"examples":["mid"]},"range":{"title":"Semver range","description":"As npm writes it; \"*\" is every version.","type":"string","minLength":1,"examples":[">=8.2.0","^2.0.0","*"]}}};

export const lockSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/lock.schema.json","title":"Lock","description":"The bytes of a release: releases/<gift>/<version>.lock.json, written by giftwrap build, never by hand and never changed once merged.","type":"object","additionalProperties":false,"required":["gift","version","sources","builder","player","slots","tiers"],"properties":{"gift":{"title":"Gift","description":"The gift's id.","type":"string"},"version":{"title":"Version","description":"The release's version.","type":"string"},"sources":{"title":"Sources","description":"The source files the release was built from.","type":"array","minItems":1,"items":{"type":"object","additionalProperties":false,"required":["path","digest","bytes"],"properties":{"path":{"title":"Path","description":"Below the gift's folder.","type":"string"},"digest":{"$ref":"#/$defs/digest"},"bytes":{"$ref":"#/$defs/bytes"}}}},"builder":{"title":"Builder","description":"What made the bytes; the same identity gives the same bytes again.","type":"object","additionalProperties":{"type":"string"},"examples":[{"recipe":"1","sharp":"0.35.5","platform":"linux-x64"}]},"player":{"title":"Player","description":"The player that can show the animation, read from its bytes.","type":"object","additionalProperties":false,"required":["name","version"],"properties":{"name":{"title":"Player name","description":"As in the policy.","type":"string","examples":["svga"]},"version":{"title":"Format version","description":"What the player must understand.","type":"string","examples":["2.0.0"]}}},"slots":{"title":"Slots","description":"Images that an app may replace at run time.","type":"array","items":{"type":"string"},"examples":[["avatar"]]},"tiers":{"title":"Variants","description":"The files for each device tier.","type":"object","minProperties":1,"propertyNames":{"enum":["low","mid","high"]},"additionalProperties":{"$ref":"#/$defs/variant"}}},"$defs":{"digest":{"title":"Digest","description":"SHA-256, hexadecimal.","type":"string","pattern":"^[0-9a-f]{64}$"},"bytes":{"title":"Bytes","description":"Length.","type":"integer","minimum":1},"variant":{"title":"Variant","description":"What one device tier downloads.","type":"object","additionalProperties":false,"required":["width","height","frames","fps","decodedBytes","files"],"properties":{"width":{"title":"Width","description":"Pixels.","type":"integer","minimum":1},"height":{"title":"Height","description":"Pixels.","type":"integer","minimum":1},"frames":{"title":"Frames","description":"How many.","type":"integer","minimum":1},"fps":{"title":"Frames per second","description":"The mean rate.","type":"number","exclusiveMinimum":0},"decodedBytes":{"title":"Decoded bytes","description":"Estimated peak memory of the decoded images.","type":"integer","minimum":0},"files":{"title":"Files","description":"The objects of this variant.","type":"array","minItems":1,"items":{"$ref":"#/$defs/file"}}}},"file":{"title":"File","description":"One object.","type":"object","additionalProperties":false,"required":["role","mediaType","digest","bytes"],"properties":{"role":{"title":"Role","description":"What it is for.","enum":["animation","sound","still"]},"mediaType":{"title":"Media type","description":"As HTTP names it.","type":"string","examples":["image/webp"]},"digest":{"$ref":"#/$defs/digest"},"bytes":{"$ref":"#/$defs/bytes"}}}}};

export const policySchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/policy.schema.json","title":"Policy","description":"What the apps can play and what a gift may cost: releases/policy.yaml, owned by few.","type":"object","additionalProperties":false,"required":["platforms","tiers"],"properties":{"platforms":{"title":"Platforms","description":"The apps that are supported, and what they can play.","type":"object","minProperties":1,"propertyNames":{"pattern":"^[a-z0-9-]+$"},"additionalProperties":{"title":"Platform","description":"One kind of app.","type":"object","additionalProperties":false,"required":["apps","players"],"properties":{"apps":{"title":"Supported apps","description":"A semver range of app versions still in use.","type":"string","examples":[">=8.0.0"]},"players":{"title":"Players","description":"Which player is in which app versions, and the format versions it plays.","type":"array","minItems":1,"items":{"type":"object","additionalProperties":false,"required":["name","apps","formats"],"properties":{"name":{"title":"Player","description":"The format that it plays.","enum":["webp","svga","lottie"],"examples":["svga"]},"apps":{"title":"App versions","description":"A semver range of the apps that carry it.","type":"string","examples":[">=8.2.0"]},"formats":{"title":"Format versions","description":"A semver range of the format versions it plays.","type":"string","examples":["^2.0.0"]}}}}}}},"tiers":{"title":"Tiers","description":"What each device class gets and may cost.","type":"object","additionalProperties":false,"required":["low","mid","high"],"properties":{"low":{"$ref":"#/$defs/tierPolicy"},"mid":{"$ref":"#/$defs/tierPolicy"},"high":{"$ref":"#/$defs/tierPolicy"}}}},"$defs":{"tierPolicy":{"title":"Tier policy","description":"How frames are encoded for this tier, and its budget.","type":"object","additionalProperties":false,"required":["frames","budget"],"properties":{"frames":{"title":"Frame encoding","description":"For folders of frames: size, rate and quality of the animated WebP.","type":"object","additionalProperties":false,"required":["longSide","fps","quality"],"properties":{"longSide":{"title":"Long side","description":"Pixels; smaller frames are left as they are.","type":"integer","minimum":16,"maximum":4096,"examples":[360]},"fps":{"title":"Frames per second","description":"At most; frames are left out evenly.","type":"integer","minimum":1,"maximum":60,"examples":[12]},"quality":{"title":"Quality","description":"WebP quality, 1 to 100.","type":"integer","minimum":1,"maximum":100,"examples":[70]}}},"budget":{"title":"Budget","description":"What one release may cost on a device of this tier.","type":"object","additionalProperties":false,"required":["downloadBytes","decodedBytes"],"properties":{"downloadBytes":{"title":"Download","description":"Bytes of all files together.","type":"integer","minimum":1,"examples":[1500000]},"decodedBytes":{"title":"Memory","description":"Bytes of the decoded images at the peak.","type":"integer","minimum":1,"examples":[20000000]}}}}}}};

export const environmentSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/environment.schema.json","title":"Environment","description":"Where one environment is published to and read from: releases/environments/<name>.yaml.","type":"object","additionalProperties":false,"required":["rollout","store","edges","pollSeconds"],"properties":{"rollout":{"title":"Whose rollout counts","description":"as-written: the releases' own stages. testers: every release that is not withdrawn is open to everyone who reads this environment.","enum":["as-written","testers"],"examples":["as-written"]},"store":{"title":"Store","description":"Where bytes are written.","type":"object","additionalProperties":false,"required":["folder"],"properties":{"folder":{"title":"Folder","description":"A folder, absolute or relative to the repository; any static web server can serve it.","type":"string","minLength":1,"examples":[".giftwrap/store/production"]}}},"edges":{"title":"Edges","description":"The addresses that apps read from, by region. Each is asked before a publish is called done.","type":"object","propertyNames":{"pattern":"^[A-Z]{2}$"},"additionalProperties":{"type":"array","minItems":1,"items":{"type":"string","pattern":"^https?://"}},"examples":[{"SG":["https://sg.gifts.example.com/"]}]},"pollSeconds":{"title":"Poll interval","description":"Seconds between a client's questions for news; signed into the timestamp.","type":"integer","minimum":30,"maximum":300,"examples":[60]}}};

export const overrideSchema: object = {"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://giftwrap.dev/schemas/override.schema.json","title":"Override","description":"On-call's switch: releases/overrides/<name>.yaml. It beats every catalog until its file is deleted or it ends.","type":"object","additionalProperties":false,"required":["gifts","limit","reason"],"properties":{"gifts":{"title":"Gifts","description":"Gift ids, or \"*\" for all.","oneOf":[{"const":"*"},{"type":"array","minItems":1,"uniqueItems":true,"items":{"type":"string","pattern":"^[a-z0-9]+(-[a-z0-9]+)*$"}}],"examples":[["rose"],"*"]},"versions":{"title":"Versions","description":"A semver range of release versions; all when absent.","type":"string","minLength":1,"examples":["1.4.0",">=1.4.0 <2.0.0"]},"scope":{"title":"Scope","description":"Only for these viewers; for everyone when absent.","type":"object","additionalProperties":false,"minProperties":1,"properties":{"regions":{"title":"Regions","description":"Only in these regions.","type":"array","minItems":1,"items":{"type":"string","pattern":"^[A-Z]{2}$"},"examples":[["SG"]]},"platforms":{"title":"Platforms","description":"Only on these platforms.","type":"array","minItems":1,"items":{"type":"string"},"examples":[["android"]]},"app":{"title":"App versions","description":"Only these app versions, by platform.","type":"object","minProperties":1,"additionalProperties":{"type":"string"},"examples":[{"android":"<8.3.0"}]},"tiers":{"title":"Tiers","description":"Only these device classes.","type":"array","minItems":1,"items":{"enum":["low","mid","high"]},"examples":[["low"]]}}},"limit":{"title":"Limit","description":"How far the releases may still go.","enum":["none","canary","regional"],"examples":["none"]},"reason":{"title":"Reason","description":"For people; never published.","type":"string","minLength":1,"examples":["Crashes on Mali GPUs"]},"incident":{"title":"Incident","description":"Where it is followed up; never published.","type":"string","examples":["https://status.example.com/incidents/42"]},"ends":{"title":"End","description":"When the override stops to hold, in UTC.","type":"string","pattern":"^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$","examples":["2027-01-31T12:00:00Z"]}}};
