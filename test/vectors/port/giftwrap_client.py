"""A small client of Giftwrap in Python 3.9, standard library only: an independent reading of the rules in ../README.md.

It proves that the vectors beside it are enough to write a port from, and serves as a pattern for one. It is no product: it
checks no signatures itself (the standard library has no Ed25519) but asks a function for that, and it stores nothing on disk.
"""

import hashlib
import json
import re
from datetime import datetime, timezone

FORMAT_MAJOR = "1"
MAX_SAFE_INTEGER = 2**53 - 1
ALL_BASIS_POINTS = 10_000


# UTF-8 ----------------------------------------------------------------------------------------------------------------


def encode_utf8(text):
    """Half of a surrogate pair becomes U+FFFD."""
    # Pairs that JSON wrote as two escapes are joined by the json module; what is left are halves.
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.encode("utf-8")


def decode_utf8(data):
    """Raises ValueError for what is not UTF-8. A byte order mark is a character like any other."""
    return data.decode("utf-8", "strict")


# Canonical JSON -------------------------------------------------------------------------------------------------------


class NotCanonical(ValueError):
    pass


def parse_json(text):
    """A number is its double; of a key that is written twice the last counts."""
    return json.loads(text, parse_constant=refuse_constant, parse_int=to_number, parse_float=to_number)


def refuse_constant(name):
    raise ValueError(name + " is no JSON")


def to_number(digits):
    number = float(digits)
    if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER:
        return int(number)
    return number


def canonical_json(value):
    """The bytes that a signature is over. Raises NotCanonical."""
    try:
        return write_canonical(value).encode("utf-8", "strict")
    except (UnicodeEncodeError, RecursionError) as error:
        raise NotCanonical(str(error))


def write_canonical(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ",".join(write_canonical(it) for it in value) + "]"
    if isinstance(value, dict):
        members = (write_canonical(key) + ":" + write_canonical(value[key]) for key in sorted(value, key=utf16_units))
        return "{" + ",".join(members) + "}"
    raise NotCanonical("no canonical form of " + repr(value))


def utf16_units(text):
    """Orders text by UTF-16 code units, as JavaScript, Java and Kotlin do by themselves."""
    return text.encode("utf-16-be", "surrogatepass")


# Buckets --------------------------------------------------------------------------------------------------------------


def bucket_of(salt, unit_id):
    return murmur3(encode_utf8(salt + ":" + unit_id)) * ALL_BASIS_POINTS >> 32


def is_in_slice(salt, unit_id, basis_points):
    return unit_id != "" and bucket_of(salt, unit_id) < basis_points


def murmur3(data):
    """MurmurHash3_x86_32 with seed 0."""
    value = 0
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        value ^= scramble(int.from_bytes(data[at : at + 4], "little"))
        value = (rotate_left(value, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    if whole < len(data):
        value ^= scramble(int.from_bytes(data[whole:], "little"))
    value ^= len(data)
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


def scramble(block):
    return rotate_left(block * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF


def rotate_left(value, by):
    return (value << by | value >> 32 - by) & 0xFFFFFFFF


# Versions -------------------------------------------------------------------------------------------------------------

VERSION = re.compile(
    r"v?([0-9]{1,15})(?:\.([0-9]{1,15})(?:\.([0-9]{1,15})(?:\.[0-9]+)*)?)?"
    r"(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?"
)


def parse_version(text):
    """[major, minor, patch, ...pre-release identifiers], or None."""
    match = VERSION.fullmatch(text)
    if not match:
        return None
    major, minor, patch, pre = match.groups()
    identifiers = [] if pre is None else pre.split(".")
    if "" in identifiers:
        return None
    numbers = [int(it or 0) for it in (major, minor, patch)]
    return numbers + [to_number(it) if re.fullmatch("[0-9]+", it) else it for it in identifiers]


def compare_versions(a, b):
    """-1, 0 or 1, by the precedence of Semantic Versioning."""
    return order(sort_key(a), sort_key(b))


def sort_key(version):
    # A number is smaller than a word; without a pre-release a version is larger than with any.
    pre = [(0, it, "") if not isinstance(it, str) else (1, 0, it) for it in version[3:]]
    return (version[:3], not pre, pre)


def order(a, b):
    return (a > b) - (a < b)


def is_within(version, intervals):
    return any(
        compare_versions(version, start) >= 0 and (end is None or compare_versions(version, end) < 0)
        for start, end in intervals
    )


# Catalogs -------------------------------------------------------------------------------------------------------------

LINE_START = '{"id":"'


class FormatError(ValueError):
    pass


class Catalog:
    """One tier's catalog: lines by gift id, each read when it is asked for."""

    def __init__(self, text):
        """Raises FormatError for another major, or for what is no catalog."""
        header, *lines = text.split("\n")
        check_header(header)
        self.lines = {line_id(line): line for line in lines if line}

    def ids(self):
        return list(self.lines)

    def releases(self, gift):
        """Newest first. Empty also for a gift that is not there, or whose line cannot be read."""
        return self.read(gift) or []

    def read(self, gift):
        """The gift's releases, or None."""
        try:
            parsed = parse_json(self.lines[gift])
            releases = parsed["releases"]
            is_read = isinstance(releases, list) and all(isinstance(it["version"], str) for it in releases)
            return releases if is_read and parsed["id"] == gift else None
        except (KeyError, ValueError, TypeError):
            return None


def check_header(line):
    try:
        header = parse_json(line)
    except ValueError:
        raise FormatError("there is no header line")
    if not isinstance(header, dict) or not has_major(header.get("format")):
        raise FormatError("another format")


def has_major(text):
    return isinstance(text, str) and text.split(".")[0] == FORMAT_MAJOR


def line_id(line):
    end = line.find('"', len(LINE_START))
    if not line.startswith(LINE_START) or end < 0:
        raise FormatError("a line does not begin with its gift's id")
    return line[len(LINE_START) : end]


def write_catalog(tier, lines):
    header = '{"format":"1.0","tier":"%s"}' % tier
    return "".join(line + "\n" for line in [header] + [lines[gift] for gift in sorted(lines, key=utf16_units)])


def apply_delta(tier, text, delta_text):
    """The next catalog's text. It is to be trusted only if it has the signed SHA-256. Raises ValueError."""
    lines = {line_id(line): line for line in text.split("\n")[1:] if line}
    delta = parse_json(delta_text)
    if not isinstance(delta, dict):
        raise ValueError("a delta is an object")
    for gift, change in delta.items():
        if change is None:
            lines.pop(gift, None)
        elif isinstance(change, str):
            lines[gift] = change
        else:
            lines[gift] = splice(lines.get(gift, ""), change)
    return write_catalog(tier, lines)


def splice(line, change):
    """Keeps `head` and `tail` UTF-16 code units of a line, with another text between."""
    if not isinstance(change, list) or len(change) != 3:
        raise ValueError("a splice has three parts")
    head, tail, text = change
    units = line.encode("utf-16-le", "surrogatepass")
    size = len(units) // 2
    if not isinstance(head, int) or not isinstance(tail, int) or not isinstance(text, str):
        raise ValueError("a splice is two numbers and a text")
    if head < 0 or tail < 0 or head + tail > size:
        raise ValueError("the delta was made for another catalog")
    joined = units[: 2 * head] + text.encode("utf-16-le", "surrogatepass") + units[2 * (size - tail) :]
    return joined.decode("utf-16-le", "surrogatepass")


# Overrides ------------------------------------------------------------------------------------------------------------


def overrides_for(generation, overrides):
    """Those that are in force over a catalog of this generation."""
    return [it for it in overrides if waits_for(it, generation) or "untilGeneration" not in it]


def keep_stops(generation, kept, following):
    """What a client keeps when a new timestamp names `following`."""
    named = {it["id"] for it in following}
    return following + [it for it in kept if waits_for(it, generation) and it["id"] not in named]


def waits_for(override, generation):
    return "untilGeneration" in override and generation < override["untilGeneration"]


def speaks_of(override, gift, version):
    gifts = override["gifts"]
    return (gifts == "*" or gift in gifts) and ("versions" not in override or is_within(version, override["versions"]))


def is_in_scope(scope, viewer):
    return (
        viewer["region"] in scope.get("regions", [viewer["region"]])
        and viewer["platform"] in scope.get("platforms", [viewer["platform"]])
        and viewer["tier"] in scope.get("tiers", [viewer["tier"]])
        and ("app" not in scope or has_app_within(viewer, scope["app"]))
    )


def limited_rollouts(overrides, gift, release, viewer):
    """The release's rollout as each override that holds for it and the viewer leaves it."""
    version = parse_version(release["version"]) or [0, 0, 0]
    return [
        limit_rollout(release["rollout"], it["limit"])
        for it in overrides
        if speaks_of(it, gift, version) and is_in_scope(it.get("scope", {}), viewer)
    ]


def limit_rollout(rollout, limit):
    """True leaves a stage as the release has it; a stage that is not named is closed."""
    limited = {"salt": limit.get("salt", rollout["salt"])}
    for stage in ("canary", "regional"):
        block = rollout.get(stage) if limit.get(stage) is True else limit.get(stage)
        if block is not None:
            limited[stage] = block
    for part in ("full", "holdback"):
        if part in limit:
            limited[part] = limit[part]
    return limited


# Who gets what --------------------------------------------------------------------------------------------------------

STAGES = ("canary", "regional", "full")


def to_viewer(reported):
    """An app version that cannot be read counts as 0.0.0, the oldest there is."""
    return {**reported, "app": parse_version(reported["appVersion"]) or [0, 0, 0]}


def has_app_within(viewer, apps):
    return is_within(viewer["app"], apps.get(viewer["platform"], []))


def covering_stage(rollout, viewer):
    """The first stage that reaches the viewer; `full` for everyone once that is open. Each counts only with all before it."""
    canary = rollout.get("canary")
    regional = rollout.get("regional")
    if canary is None:
        return None
    if is_full(rollout):
        return "full"
    if is_in_cohort(canary, viewer):
        return "canary"
    if is_in_slice(rollout["salt"], viewer["unitId"], canary.get("basisPoints", 0)):
        return "canary"
    if regional is not None and is_eligible(regional, viewer):
        if is_in_slice(rollout["salt"], viewer["unitId"], regional["regions"].get(viewer["region"], 0)):
            return "regional"
    return None


def is_full(rollout):
    return all(stage in rollout for stage in STAGES)


def is_open_to_all(release):
    return is_full(release["rollout"]) and "holdback" not in release["rollout"]


def is_in_cohort(canary, viewer):
    return any(it in viewer["cohorts"] for it in canary.get("cohorts", []))


def is_eligible(regional, viewer):
    eligible = regional.get("eligible", {})
    if viewer["tier"] not in eligible.get("tiers", [viewer["tier"]]):
        return False
    return not any(it in viewer["cohorts"] for it in eligible.get("exclude", []))


def coverage_of(rollout, viewer):
    """A stage, or why none: `not_covered`, `held_back`."""
    stage = covering_stage(rollout, viewer)
    if stage is None:
        return "not_covered"
    holdback = rollout.get("holdback")
    if holdback and is_in_slice(holdback["salt"], viewer["unitId"], holdback["basisPoints"]):
        return "held_back"
    return stage


class World:
    """What a resolution looks at."""

    def __init__(self, catalog, overrides, viewer):
        self.catalog = catalog
        self.overrides = overrides
        self.viewer = viewer

    def judge(self, gift, release):
        """The stage that serves, requirements apart, or the first thing that does not."""
        outcome = coverage_of(release["rollout"], self.viewer)
        for rollout in limited_rollouts(self.overrides, gift, release, self.viewer):
            if outcome not in STAGES:
                break
            outcome = coverage_of(rollout, self.viewer)
        if outcome not in STAGES:
            return outcome
        if not has_app_within(self.viewer, release["app"]):
            return "app_version"
        return outcome if release["files"] else "tier"

    def link_of(self, gift, release, path=()):
        """The release with what it requires, or None when that does not serve this viewer."""
        required = []
        for other, intervals in release.get("requires", {}).items():
            found = self.find_required(other, intervals, path + (gift,))
            if found is None:
                return None
            for it in found:
                known = next((there for there in required if there["gift"] == it["gift"]), None)
                if known is None:
                    required.append(it)
                elif known["version"] != it["version"]:
                    return None
        return {
            "kind": "release",
            "gift": gift,
            "version": release["version"],
            "player": release["player"],
            "files": release["files"],
            "requires": required,
        }

    def find_required(self, gift, intervals, path):
        """The newest release of a required gift that is in range and serves, and what that requires."""
        if gift in path:
            return None
        for release in self.catalog.releases(gift):
            version = parse_version(release["version"]) or [0, 0, 0]
            if not is_within(version, intervals) or self.judge(gift, release) not in STAGES:
                continue
            link = self.link_of(gift, release, path)
            if link:
                files = [it for it in link["files"] if it["role"] != "still"]
                return [{"gift": gift, "version": link["version"], "files": files}] + link["requires"]
        return None

    def append_releases(self, gift, hint, chain):
        """Appends what serves, newest first and from the hinted one on. Gives the first, its stage, and the fallback gifts."""
        found = Found()
        start = len(chain)
        for release in self.catalog.releases(gift):
            outcome = self.judge(gift, release)
            if outcome in ("not_covered", "held_back"):
                continue
            link = self.link_of(gift, release) if outcome in STAGES else None
            if link is None:
                if found.first is None and found.fallback is None:
                    found.fallback = release.get("fallback", [])
                continue
            is_hinted = link["version"] == hint
            if is_hinted:
                found.is_hinted = True
                del chain[start:]
            if found.first is None or is_hinted:
                found.first, found.stage = release, outcome
                found.fallback = release.get("fallback", found.fallback)
            chain.append(link)
        return found

    def append_fallbacks(self, gifts, visited, chain):
        for gift in gifts or []:
            if gift not in visited:
                visited.add(gift)
                self.append_fallbacks(self.append_releases(gift, None, chain).fallback, visited, chain)


class Found:
    first = None
    stage = None
    is_hinted = False
    fallback = None


def resolve(catalog, overrides, viewer, gift, hint=None):
    """The chain, which is never empty, and the reason."""
    world = World(catalog, overrides, viewer)
    chain = []
    found = world.append_releases(gift, hint, chain)
    world.append_fallbacks(found.fallback, {gift}, chain)
    reason = found.stage or ("fallback" if chain else "default")
    still = next((it for it in found.first["files"] if it["role"] == "still"), None) if found.first else None
    if still:
        chain.append({"kind": "still", "gift": gift, "version": found.first["version"], "file": still})
    chain.append({"kind": "default"})
    if hint is not None:
        reason = "hint" if found.is_hinted else "hint_refused"
    return chain, reason


# How a play counts ----------------------------------------------------------------------------------------------------

LIVE = ("live", "", 0)


class Instead:
    """A catalog in which one gift has other releases."""

    def __init__(self, catalog, gift, releases):
        self.catalog = catalog
        self.gift = gift
        self.instead = releases

    def releases(self, gift):
        return self.instead if gift == self.gift else self.catalog.releases(gift)


def standing_of(catalog, overrides, viewer, gift, chain, reason):
    """The arm, the version on trial, and the chance of the trial in parts per million."""
    releases = catalog.releases(gift)
    at = next((i for i, it in enumerate(releases) if not is_open_to_all(it)), None)
    if at is None or viewer["unitId"] == "":
        return LIVE
    trial, older = releases[at], releases[at + 1 :]
    rollout, version = trial["rollout"], trial["version"]
    if limited_rollouts(overrides, gift, trial, viewer):
        return LIVE

    shown = version_shown(chain, gift)
    is_trial = shown == version
    if not is_trial and all(it["version"] != shown for it in older):
        return LIVE
    if reason == "hint" and not is_trial:
        return LIVE

    # Would this viewer get the trial if chance gave it to everyone, and an older release if there were no trial?
    for_all = {**trial, "rollout": {"salt": "", "canary": {}, "regional": {"regions": {}}, "full": True}}
    newer = releases[:at]
    when_in = Instead(catalog, gift, newer + [for_all] + older)
    if version_shown(resolve(when_in, overrides, viewer, gift)[0], gift) != version:
        return LIVE
    when_out = Instead(catalog, gift, newer + older)
    if older and version_shown(resolve(when_out, overrides, viewer, gift)[0], gift) is None:
        return LIVE
    if is_tangled(catalog, trial, older):
        return LIVE

    if not is_full(rollout) and is_in_cohort(rollout.get("canary", {}), viewer):
        return ("cohort", version, 0) if is_trial else LIVE
    share = share_of(rollout, viewer)
    if share == 0:
        return LIVE
    if not older:
        return ("trial", version, 1_000_000)
    return ("trial" if is_trial else "baseline", version, share)


def version_shown(chain, gift):
    first = chain[0]
    return first["version"] if first["kind"] == "release" and first["gift"] == gift else None


def share_of(rollout, viewer):
    covered = covered_basis_points(rollout, viewer)
    kept = ALL_BASIS_POINTS - rollout.get("holdback", {"basisPoints": 0})["basisPoints"]
    if covered == 0 or kept == 0:
        return 0
    # Halves are rounded up.
    return max(1, (covered * kept + 50) // 100)


def covered_basis_points(rollout, viewer):
    if "canary" not in rollout:
        return 0
    if is_full(rollout):
        return ALL_BASIS_POINTS
    regional = rollout.get("regional")
    in_region = 0
    if regional is not None and is_eligible(regional, viewer):
        in_region = regional["regions"].get(viewer["region"], 0)
    return max(rollout["canary"].get("basisPoints", 0), in_region)


def is_tangled(catalog, trial, older):
    """Whether an older release, or anything required, is on its way by a bucket of the trial's."""
    salts = salts_of(trial)

    def is_on_its_way(release):
        return not is_open_to_all(release) and any(it in salts for it in salts_of(release))

    if any(is_on_its_way(it) for it in older):
        return True
    gifts = [gift for it in [trial] + older for gift in it.get("requires", {})]
    seen = set()
    while gifts:
        gift = gifts.pop()
        if gift in seen:
            continue
        seen.add(gift)
        for release in catalog.releases(gift):
            if release is not trial and release != trial and is_on_its_way(release):
                return True
            gifts.extend(release.get("requires", {}))
    return False


def salts_of(release):
    rollout = release["rollout"]
    return [rollout["salt"]] + ([rollout["holdback"]["salt"]] if "holdback" in rollout else [])


# The Update Framework -------------------------------------------------------------------------------------------------

TIMESTAMP = "metadata/timestamp.json"
MAX_BYTES = {"root": 512_000, "timestamp": 16_384, "metadata": 2_000_000, "catalog": 64_000_000}
MAX_ROOT_ROTATIONS = 256
MAX_DEPTH = 64
EXPIRES = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
KNOWN_KEYS = {("ed25519", "ed25519"), ("ecdsa", "ecdsa-sha2-nistp256")}


class ClientError(Exception):
    """Why something was not accepted: network, missing, too_large, hash, signature, rollback, expired, schema."""

    def __init__(self, code, message=""):
        super().__init__(code + " " + message)
        self.code = code


class TrustedMetadata:
    """The metadata that is trusted so far, and the only way to extend it: specification 1.0.34, section 5. No input or output."""

    def __init__(self, root_bytes, verify):
        """`verify(public_key, signature_hex, message)` says whether a signature holds."""
        self.verify = verify
        self.timestamp = self.snapshot = self.targets = None
        root, signatures = parse_metadata(root_bytes, "root")
        self.root = root
        self.check_signed(root, signatures, "root", root)

    def check_signed(self, signed, signatures, role, root):
        """Enough different keys of the role. One that signed twice counts once."""
        message = canonical_json(signed)
        keys, named = root["keys"], root["roles"][role]["keyids"]
        valid = set()
        for it in signatures:
            key = keys.get(it["keyid"]) if it["keyid"] in named else None
            if key and (key["keytype"], key["scheme"]) in KNOWN_KEYS:
                public = key["keyval"]["public"]
                if self.verify(public, it["sig"], message):
                    valid.add(public)
        if len(valid) < root["roles"][role]["threshold"]:
            raise ClientError("signature", role)

    def update_root(self, data):
        """Section 5.3: the next root, signed by the one before it and by itself."""
        root, signatures = parse_metadata(data, "root")
        self.check_signed(root, signatures, "root", self.root)
        self.check_signed(root, signatures, "root", root)
        if root["version"] != self.root["version"] + 1:
            raise ClientError("rollback", "the next root is another")
        changed = {it for it in root["roles"] if key_ids(root, it) != key_ids(self.root, it)}
        self.root = root
        if changed & {"timestamp", "snapshot", "targets"}:
            self.targets = None
        # Section 5.3.11: new keys lead back from version numbers that an attacker ran far ahead.
        if changed & {"timestamp", "snapshot"}:
            self.timestamp = self.snapshot = None

    def update_timestamp(self, data, now):
        """Section 5.4. False for the very version that is trusted already. `now` is None for what was stored."""
        signed, signatures = parse_metadata(data, "timestamp")
        self.check_signed(signed, signatures, "timestamp", self.root)
        check_expiry(self.root, now)
        check_timestamp_format(signed)
        if self.timestamp:
            check_not_older(signed["version"], self.timestamp["version"])
            if signed["version"] == self.timestamp["version"]:
                return False
            check_not_older(file_meta(signed)["version"], file_meta(self.timestamp)["version"])
        check_expiry(signed, now)
        self.timestamp = signed
        return True

    def update_snapshot(self, data, now):
        """Section 5.5, against the trusted timestamp."""
        meta = file_meta(self.timestamp)
        check_file(data, meta)
        signed, signatures = parse_metadata(data, "snapshot")
        self.check_signed(signed, signatures, "snapshot", self.root)
        if signed["version"] != meta["version"]:
            raise ClientError("hash", "another version than was signed")
        if self.snapshot:
            check_not_older(file_meta(signed)["version"], file_meta(self.snapshot)["version"])
        check_expiry(signed, now)
        self.snapshot = signed

    def restore_snapshot(self, data):
        """From the client's own store: one that the timestamp has left behind is good still, by its signature."""
        signed, signatures = parse_metadata(data, "snapshot")
        self.check_signed(signed, signatures, "snapshot", self.root)
        if signed["version"] >= file_meta(self.timestamp)["version"]:
            check_file(data, file_meta(self.timestamp))
        self.snapshot = signed

    def update_targets(self, data, now):
        """Section 5.6, against the trusted snapshot."""
        meta = file_meta(self.snapshot)
        check_file(data, meta)
        signed, signatures = parse_metadata(data, "targets")
        self.check_signed(signed, signatures, "targets", self.root)
        if signed["version"] != meta["version"]:
            raise ClientError("hash", "another version than was signed")
        check_expiry(signed, now)
        self.targets = signed


def file_meta(signed):
    """What a timestamp says of its snapshot, or a snapshot of its targets."""
    return signed["meta"]["snapshot.json" if signed["_type"] == "timestamp" else "targets.json"]


def parse_metadata(data, role):
    """The signed part and its signatures, nothing of it verified. Raises ClientError `schema`."""
    try:
        text = decode_utf8(data)
        if depth_of(text) > MAX_DEPTH:
            raise ValueError("nested too deeply")
        envelope = parse_json(text)
        signed, signatures = envelope["signed"], envelope["signatures"]
        check_shape(signed, role)
        if not isinstance(signatures, list):
            raise ValueError("no list of signatures")
        ids = [it["keyid"] for it in signatures if isinstance(it["sig"], str)]
        if len(ids) < len(signatures) or len(set(ids)) < len(ids):
            raise ValueError("signatures without an id of their own")
        canonical_json(signed)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ClientError("schema", role + ": " + str(error))
    return signed, signatures


def depth_of(text):
    depth = deepest = 0
    for bracket in re.findall(r'[\[{\]}]', re.sub(r'"(?:[^"\\]|\\.)*"', "", text, flags=re.DOTALL)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def check_shape(signed, role):
    if signed["_type"] != role or not is_count(signed["version"], 1):
        raise ValueError("no version of this role")
    if not signed["spec_version"].startswith("1.") or not EXPIRES.fullmatch(signed["expires"]):
        raise ValueError("no specification or no end")
    to_milliseconds(signed["expires"])
    if role == "root":
        for it in ("root", "timestamp", "snapshot", "targets"):
            if not is_count(signed["roles"][it]["threshold"], 1):
                raise ValueError("no threshold")
        for key in signed["keys"].values():
            key["keytype"], key["scheme"], key["keyval"]["public"]
    elif role == "targets":
        signed["targets"].items()
    else:
        meta = file_meta(signed)
        if not is_count(meta["version"], 1):
            raise ValueError("no version of what is named")


def is_count(value, least):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def to_milliseconds(text):
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return int(moment.timestamp()) * 1000


def check_timestamp_format(timestamp):
    giftwrap = timestamp.get("giftwrap")
    if not isinstance(giftwrap, dict) or not has_major(giftwrap.get("format")):
        raise ClientError("schema", "another format")


def check_expiry(signed, now):
    if now is not None and to_milliseconds(signed["expires"]) <= now:
        raise ClientError("expired", signed["_type"])


def check_not_older(version, trusted):
    if version < trusted:
        raise ClientError("rollback")


def check_file(data, meta):
    """Bytes against the length and the hash that were signed."""
    length = meta.get("length", len(data))
    if len(data) > length:
        raise ClientError("too_large")
    if len(data) < length or sha256(data) != meta.get("hashes", {}).get("sha256", sha256(data)):
        raise ClientError("hash")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def key_ids(root, role):
    return sorted(root["roles"][role]["keyids"])


class Updater:
    """Keeps one tier's catalog and the overrides fresh. Whatever fails leaves the last good state as it was."""

    def __init__(self, tier, root, fetch, verify, now, store):
        """`fetch(key, max_bytes, etag)` gives (`body`, bytes, etag), `not modified` or `missing`, or raises ClientError.

        `store` is a dict that outlives the client. What is in it is verified again, but for its age.
        """
        self.tier = tier
        self.fetch = fetch
        self.now = now
        self.store = store
        self.etag = None
        self.generation = 0
        self.catalog_text = ""
        self.catalog = Catalog(write_catalog(tier, {}))
        self.revision = 0
        self.commit = ""
        self.poll_seconds = 60
        self.kept = []
        self.overrides = []
        self.unsaved = {}
        self.trusted = TrustedMetadata(store.get("root", root), verify)
        self.restore()

    def restore(self):
        try:
            if "timestamp" not in self.store:
                return
            self.trusted.update_timestamp(self.store["timestamp"], None)
            self.kept = self.store.get("overrides", [])
            self.take_overrides()
            if "catalog" not in self.store:
                return
            self.trusted.restore_snapshot(self.store["snapshot"])
            self.trusted.update_targets(self.store["targets"], None)
            check_file(self.store["catalog"], self.target())
            self.use_catalog(decode_utf8(self.store["catalog"]))
        except ClientError:
            pass

    def refresh(self):
        """True when anything changed. Raises ClientError."""
        try:
            return self.refresh_from_timestamp()
        except ClientError as error:
            # The timestamp's key may have stayed and those below it not.
            if error.code != "signature" or not self.refresh_root():
                raise
            return self.refresh_from_timestamp()

    def refresh_from_timestamp(self):
        changed = self.refresh_timestamp()
        check_expiry(self.trusted.timestamp, self.now())
        is_behind = self.generation != file_meta(self.trusted.timestamp)["version"] or self.trusted.targets is None
        if is_behind:
            self.refresh_catalog()
        return changed or is_behind

    def refresh_timestamp(self):
        answer = self.fetch(TIMESTAMP, MAX_BYTES["timestamp"], self.etag if self.trusted.timestamp else None)
        if answer == "missing":
            raise ClientError("missing", TIMESTAMP)
        if answer == "not modified":
            return False
        _, data, etag = answer
        try:
            changed = self.trusted.update_timestamp(data, self.now())
        except ClientError as error:
            # Keys may have been rotated: a newer root is asked for before a failure is declared.
            if error.code == "schema" or not self.refresh_root():
                raise
            changed = self.trusted.update_timestamp(data, self.now())
        if changed:
            self.take_overrides()
            self.store["timestamp"] = data
            self.store["overrides"] = self.kept
        self.etag = etag
        return changed

    def take_overrides(self):
        """At once, before anything else is asked for: they hold over the catalog that is there."""
        giftwrap = self.trusted.timestamp["giftwrap"]
        self.revision = self.trusted.timestamp["version"]
        self.commit = giftwrap["commit"]
        self.poll_seconds = min(300, max(30, giftwrap["pollSeconds"]))
        self.keep(giftwrap["overrides"])

    def keep(self, named):
        self.kept = keep_stops(self.generation, self.kept, named)
        self.overrides = overrides_for(self.generation, self.kept)

    def refresh_root(self):
        """Every root after the trusted one, in turn. Whether there was any."""
        for rotations in range(MAX_ROOT_ROTATIONS):
            answer = self.fetch("metadata/%d.root.json" % (self.trusted.root["version"] + 1), MAX_BYTES["root"], None)
            if answer == "missing":
                return rotations > 0
            self.trusted.update_root(answer[1])
            self.store["root"] = answer[1]
        return True

    def refresh_catalog(self):
        meta = file_meta(self.trusted.timestamp)
        if self.trusted.snapshot is None or self.trusted.snapshot["version"] != meta["version"]:
            data = self.demand("metadata/%d.snapshot.json" % meta["version"], meta.get("length", MAX_BYTES["metadata"]))
            self.trusted.update_snapshot(data, self.now())
            self.unsaved["snapshot"] = data
        meta = file_meta(self.trusted.snapshot)
        if self.trusted.targets is None or self.trusted.targets["version"] != meta["version"]:
            data = self.demand("metadata/%d.targets.json" % meta["version"], meta.get("length", MAX_BYTES["metadata"]))
            self.trusted.update_targets(data, self.now())
            self.unsaved["targets"] = data
        target = self.target()
        text = self.catalog_text
        if sha256(encode_utf8(text)) != target["hashes"]["sha256"]:
            text = self.fetch_delta(target) or self.fetch_whole(target)
        self.use_catalog(text)
        self.unsaved["catalog"] = encode_utf8(text)
        # Only what fits together is stored, or a restart would lose it all.
        self.store.update(self.unsaved)
        self.unsaved = {}

    def target(self):
        meta = self.trusted.targets["targets"].get("catalog/%s.jsonl" % self.tier)
        if not meta or "sha256" not in meta["hashes"]:
            raise ClientError("schema", "targets do not name the catalog")
        return {**meta, "length": min(meta["length"], MAX_BYTES["catalog"])}

    def fetch_delta(self, target):
        """Whatever is wrong with it costs only the whole catalog."""
        if not self.catalog_text:
            return None
        key = "targets/delta/%s-%s.json" % (sha256(encode_utf8(self.catalog_text)), target["hashes"]["sha256"])
        try:
            answer = self.fetch(key, target["length"], None)
            if answer == "missing":
                return None
            text = apply_delta(self.tier, self.catalog_text, decode_utf8(answer[1]))
            check_file(encode_utf8(text), target)
            return text
        except (ClientError, ValueError):
            return None

    def fetch_whole(self, target):
        key = "targets/catalog/%s.%s.jsonl" % (target["hashes"]["sha256"], self.tier)
        data = self.demand(key, target["length"])
        check_file(data, target)
        return decode_utf8(data)

    def demand(self, key, max_bytes):
        answer = self.fetch(key, max_bytes, None)
        if answer == "missing":
            raise ClientError("missing", key)
        return answer[1]

    def use_catalog(self, text):
        try:
            catalog = Catalog(text)
        except FormatError as error:
            raise ClientError("schema", str(error))
        self.catalog, self.catalog_text = catalog, text
        self.generation = self.trusted.snapshot["version"]
        self.keep(self.trusted.timestamp["giftwrap"]["overrides"])
