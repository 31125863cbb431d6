"""Breaks the port in one place at a time and says whether the vectors notice: `python3 run_mutations.py`.

Each is a mistake that ports make. One that no vector catches is a hole in the vectors: exit code 1.
"""

import pathlib
import sys
import types

from mutations import MUTATIONS
from run_vectors import answers_in, vectors_by_file

SOURCE = (pathlib.Path(__file__).resolve().parent / "giftwrap_client.py").read_text(encoding="utf-8")


def load(source):
    port = types.ModuleType("mutated")
    exec(compile(source, "mutated", "exec"), port.__dict__)
    return port


def is_caught(name, vectors, before, after):
    if SOURCE.count(before) != 1:
        raise ValueError("%d times in the port: %s" % (SOURCE.count(before), before))
    port = load(SOURCE.replace(before, after))
    return any(expected != found for _, expected, found in answers_in(name, port, vectors))


def main():
    vectors = vectors_by_file()
    missed = [it for it in MUTATIONS if not is_caught(it[0], vectors[it[0]], it[1], it[2])]
    for name, before, after in missed:
        print("%s does not notice:\n  - %s\n  + %s" % (name, before, after))
    print("%d mutations, %d missed" % (len(MUTATIONS), len(missed)))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
