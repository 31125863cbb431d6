"""Runs every vector against the port beside it: `python3 run_vectors.py`. Prints what failed; exit code 1 when anything did."""

import base64
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent
SHOWN_FAILURES = 20


def read_vectors(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def vectors_by_file():
    return {path.name: read_vectors(path.name) for path in sorted(FOLDER.glob("*.json"))}


def attempt(function, *refusals):
    """What a function gives, or None when it refuses by one of these errors."""
    try:
        return function()
    except refusals:
        return None


# Each check yields (case, expected, found) for every answer that the file holds.


def check_canonical_json(port, vectors):
    def canonical(text):
        return attempt(lambda: port.canonical_json(port.parse_json(text)), ValueError, RecursionError)

    for case in vectors["cases"]:
        found = canonical(case["json"])
        yield case["name"], case["utf8"], found and found.hex()
    for case in vectors["nested"]:
        text = case["open"] * case["times"] + case["close"] * case["times"]
        yield case["name"], text if case["isSigned"] else None, attempt(lambda: canonical(text).decode(), AttributeError)


def check_utf8(port, vectors):
    for case in vectors["encode"]:
        yield case["text"], case["utf8"], port.encode_utf8(case["text"]).hex()
    for case in vectors["decode"]:
        yield case["utf8"], case["text"], port.decode_utf8(bytes.fromhex(case["utf8"]))
    for case in vectors["refused"]:
        yield case["name"], None, attempt(lambda: port.decode_utf8(bytes.fromhex(case["utf8"])), ValueError)


def check_bucket(port, vectors):
    for salt, unit_id, value, bucket in vectors["buckets"]:
        found = port.murmur3(port.encode_utf8(salt + ":" + unit_id)), port.bucket_of(salt, unit_id)
        yield salt + ":" + unit_id, (value, bucket), found
    for case in vectors["slices"]:
        found = port.is_in_slice(case["salt"], case["id"], case["basisPoints"])
        yield case, case["isIn"], found


def check_versions(port, vectors):
    def read(text):
        return port.parse_version(text) or [0, 0, 0]

    for case in vectors["read"]:
        yield case["text"] + ": " + case["rule"], case["version"], port.parse_version(case["text"])
    for a, b, expected in vectors["compare"]:
        yield (a, b), expected, port.compare_versions(read(a), read(b))
        yield (b, a), -expected, port.compare_versions(read(b), read(a))
    for case in vectors["within"]:
        for expected, texts in ((True, case["inside"]), (False, case["outside"])):
            for text in texts:
                yield text + " in " + case["range"], expected, port.is_within(read(text), case["intervals"])


def check_catalogs(port, vectors):
    def gifts(text):
        catalog = port.Catalog(text)
        return [[gift, versions(catalog.read(gift))] for gift in catalog.ids()]

    def versions(releases):
        return None if releases is None else [it["version"] for it in releases]

    for case in vectors["cases"]:
        yield case["name"], case["gifts"], attempt(lambda: gifts(case["text"]), port.FormatError)


def check_overrides(port, vectors):
    for case in vectors["inForce"]:
        yield case["name"], case["ids"], [it["id"] for it in port.overrides_for(case["generation"], case["overrides"])]
    for case in vectors["kept"]:
        found = port.keep_stops(case["generation"], case["kept"], case["next"])
        yield case["name"], case["ids"], [it["id"] for it in found]


def check_resolve(port, vectors):
    catalogs = [port.Catalog(text) for text in vectors["catalogs"]]
    for case in vectors["named"] + vectors["drawn"]:
        chain, reason = resolve(port, catalogs, case)
        yield case, (case["chain"], case["reason"]), ([words_of(it) for it in chain], reason)
        if "first" in case:
            yield case, case["first"], chain[0]


def check_trial(port, vectors):
    catalogs = [port.Catalog(text) for text in vectors["catalogs"]]
    for case in vectors["named"] + vectors["drawn"]:
        viewer = port.to_viewer(case["viewer"])
        found = port.standing_of(
            catalogs[case["catalog"]], case["overrides"], viewer, case["gift"], *resolve(port, catalogs, case)
        )
        yield case, (case["arm"], case["trial"], case["sharePerMillion"]), found


def resolve(port, catalogs, case):
    viewer = port.to_viewer(case["viewer"])
    return port.resolve(catalogs[case["catalog"]], case["overrides"], viewer, case["gift"], case.get("hint"))


def words_of(link):
    if link["kind"] == "default":
        return "default"
    name = link["gift"] + "@" + link["version"]
    if link["kind"] == "still":
        return "still of " + name
    required = " + ".join(it["gift"] + "@" + it["version"] for it in link["requires"])
    return name + " with " + required if required else name


def check_deltas(port, vectors):
    def follow(case):
        text = port.apply_delta(case["tier"], case["from"], case["delta"])
        return text if port.sha256(port.encode_utf8(text)) == case["sha256"] else None

    for case in vectors["cases"]:
        yield case["name"], case["text"], attempt(lambda: follow(case), ValueError)


def check_traces(port, vectors):
    blobs = {it["blob"]: bytes_of(it) for it in vectors["blobs"]}
    valid = set(vectors["signatures"])

    def verify(public, signature, message):
        return port.sha256((public + ":" + signature + ":" + port.sha256(message)).encode()) in valid

    viewer = port.to_viewer(vectors["viewer"][0])
    for trace in vectors["traces"]:
        edge = Edge(port, blobs)
        store = {}
        updater = None
        for number, step in enumerate(trace["steps"], 1):
            edge.change(step)
            if step["do"] == "open":
                updater = port.Updater("mid", blobs[trace["root"]], edge.fetch, verify, lambda: edge.now, store)
                outcome = "ready"
            else:
                outcome = refresh(port, updater)
            asked = {"asked": edge.asked, "notModified": edge.was_not_modified}
            found = {"outcome": outcome, **asked, **state_of(port, updater, viewer, store)}
            expect = step["expect"]
            if outcome in expect["outcome"].split(" or "):
                expect = {**expect, "outcome": outcome}
            yield "%s, step %d" % (trace["name"], number), expect, found


def bytes_of(blob):
    if "text" in blob:
        return blob["text"].encode("utf-8")
    return bytes([blob["byte"]]) * blob["times"] if "times" in blob else base64.b64decode(blob["base64"])


def refresh(port, updater):
    try:
        return "changed" if updater.refresh() else "unchanged"
    except port.ClientError as error:
        return error.code


def state_of(port, updater, viewer, store):
    def first_of(gift):
        return words_of(port.resolve(updater.catalog, updater.overrides, viewer, gift)[0][0])

    return {
        "root": updater.trusted.root["version"],
        "revision": updater.revision,
        "generation": updater.generation,
        "targets": json.loads(store["targets"])["signed"]["version"] if "targets" in store else 0,
        "overrides": [it["id"] for it in updater.overrides],
        "commit": updater.commit,
        "pollSeconds": updater.poll_seconds,
        "plays": {gift: first_of(gift) for gift in ("rose", "kit")},
    }


class Edge:
    """Answers as a trace says, and writes down what it was asked for: roots apart, and a key asked for again at once only once."""

    def __init__(self, port, blobs):
        self.port = port
        self.blobs = blobs
        self.answers = {}
        self.asked = []

    def change(self, step):
        self.answers.update(step["edge"])
        self.has_etags = step.get("etags", True)
        self.now = step["now"]
        self.asked = []
        self.was_not_modified = False

    def fetch(self, key, max_bytes, etag):
        if not key.endswith(".root.json") and self.asked[-1:] != [key]:
            self.asked.append(key)
        answer = "down" if self.answers.get("*") == "down" else self.answers.get(key, "missing")
        if answer == "down":
            raise self.port.ClientError("network", key)
        if answer == "missing":
            return "missing"
        data = self.blobs[answer]
        current = answer if self.has_etags else None
        if etag is not None and etag == current:
            self.was_not_modified = True
            return "not modified"
        if len(data) > max_bytes:
            raise self.port.ClientError("too_large", key)
        return "body", data, current


CHECKS = {
    "bucket.json": check_bucket,
    "canonical-json.json": check_canonical_json,
    "catalogs.json": check_catalogs,
    "deltas.json": check_deltas,
    "overrides.json": check_overrides,
    "resolve.json": check_resolve,
    "traces.json": check_traces,
    "trial.json": check_trial,
    "utf8.json": check_utf8,
    "versions.json": check_versions,
}


def answers_in(name, port, vectors):
    """(case, expected, found) for each answer of a file; an error in the port is one as well, and the last."""
    last = None
    try:
        for answer in CHECKS[name](port, vectors):
            last = answer[0]
            yield answer
    except Exception as error:  # Whatever a port raises where it should answer is a failure.
        yield "after %s" % (last,), "an answer", repr(error)


def main():
    import giftwrap_client as port

    total = failed = 0
    for name, vectors in vectors_by_file().items():
        answers = list(answers_in(name, port, vectors))
        failures = [it for it in answers if it[1] != it[2]]
        for case, expected, found in failures[:SHOWN_FAILURES]:
            print("%s: %s\n  expected %s\n  found    %s" % (name, case, expected, found))
        print("%s: %d answers, %d failed" % (name, len(answers), len(failures)))
        total += len(answers)
        failed += len(failures)
    print("%d answers, %d failed" % (total, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
