"""Alignment of leaf sequences: known edits give the exact leaves, and a naive twin agrees on pairs."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.proofs.align import Side, align, find_origin, match
from engine.proofs.pairing import NONE, nearest_pairs, numbered
from engine.proofs.rising import displaced, longest_increasing

TICK = 0.04
TOLERANCE = 0.001


def side(names: list[str], times: list[float] | None = None, order: list[int] | None = None) -> Side:
    keys = (
        np.array([name.encode().ljust(32, b"\0") for name in names], "S32").view("V32") if names else np.zeros(0, "V32")
    )
    where = [n * TICK for n in range(len(names))] if times is None else times
    return Side(keys, np.array(where, float), np.array(range(len(names)) if order is None else order, np.int64))


def told(sealed: Side, presented: Side, origin: float | None = None) -> dict[str, list[int]]:
    at = find_origin(sealed, presented, TOLERANCE) if origin is None else origin
    found = align(sealed, presented, at, TOLERANCE)
    names = ("altered", "deleted", "moved", "inserted")
    return {name: getattr(found, name).tolist() for name in names if len(getattr(found, name))}


def frames(count: int) -> list[str]:
    return [f"f{n}" for n in range(count)]


def without(values: list, gone: range) -> list:
    return [v for n, v in enumerate(values) if n not in gone]


def test_nothing_changed():
    assert told(side(frames(20)), side(frames(20))) == {}


def test_a_later_origin_is_no_change():
    assert told(side(frames(20)), side(frames(20), [1.4 + n * TICK for n in range(20)])) == {}


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(1, 12))
def test_deleted_with_the_hole_left(first, count):
    gone = range(first, min(first + count, 40))
    names, times = without(frames(40), gone), without([n * TICK for n in range(40)], gone)
    assert told(side(frames(40)), side(names, times)) == {"deleted": list(gone)}


@given(st.integers(1, 10))
def test_deleted_at_the_start(count):
    names, times = frames(40)[count:], [n * TICK for n in range(40)][count:]
    assert told(side(frames(40)), side(names, times)) == {"deleted": list(range(count))}


def test_deleted_and_closed_up_moves_all_that_follows():
    found = told(side(frames(20)), side(without(frames(20), range(5, 8))))
    assert found == {"deleted": [5, 6, 7], "moved": list(range(8, 20))}


def test_altered_in_place_and_after_a_closed_gap():
    names = frames(20)
    names[12] = "foreign"
    assert told(side(frames(20)), side(names)) == {"altered": [12]}
    assert told(side(frames(20)), side(without(names, range(5, 8))))["altered"] == [12]


def test_inserted_between_and_in_a_gap_of_another_edit():
    times = [n * TICK for n in range(20)]
    names = [*frames(10), "foreign", *frames(20)[10:]]
    assert told(side(frames(20)), side(names, [*times[:10], 9.5 * TICK, *times[10:]])) == {"inserted": [10]}
    names = [*frames(8), "foreign", *frames(20)[10:]]
    found = told(side(frames(20)), side(names, [*times[:8], 7.6 * TICK, *times[10:]]))
    assert found == {"deleted": [8, 9], "inserted": [8]} or found == {"altered": [8], "deleted": [9]}


def test_swapped_by_time():
    names = frames(20)
    names[4], names[9] = names[9], names[4]
    assert told(side(frames(20)), side(names)) == {"moved": [4, 9]}


def test_order_alone_where_there_are_no_times():
    unknown = [float("nan")] * 20
    names = frames(20)
    names[4], names[9] = names[9], names[4]
    assert told(side(frames(20), unknown), side(names, unknown)) == {"moved": [4, 9]}
    taken = [*without(frames(20), range(3, 4))[:15], "f3", *frames(20)[16:]]
    assert told(side(frames(20), unknown), side(taken, unknown)) == {"moved": [3]}


def test_repeated_content_is_paired_by_time():
    still = ["s"] * 20
    times = without([n * TICK for n in range(20)], range(7, 9))
    assert told(side(still), side(["s"] * 18, times)) == {"deleted": [7, 8]}


def test_the_first_picture_alone_against_all_others():
    times = [n * TICK for n in range(20)]
    times[0] += 0.013
    assert told(side(frames(20)), side(frames(20), times)) == {"moved": [0]}


def test_stretched_times_move_all_but_the_first():
    times = [n * TICK * 1.03 for n in range(20)]
    assert told(side(frames(20)), side(frames(20), times)) == {"moved": list(range(1, 20))}


def test_what_is_never_presented():
    sealed = side(frames(10), order=[-1, -1, *range(8)])
    dropped = align(sealed, side(frames(10)[2:], [n * TICK for n in range(2, 10)]), 0.0, TOLERANCE)
    assert dropped.whole
    assert dropped.dropped.tolist() == [0, 1]
    shown = align(sealed, side(frames(10)), 0.0, TOLERANCE)
    assert shown.whole
    assert shown.revealed.tolist() == [0, 1]
    hidden = align(side(frames(10)), side(frames(10), order=[*range(9), -1]), 0.0, TOLERANCE)
    assert not hidden.whole
    assert hidden.concealed.tolist() == [9]
    foreign = align(side(frames(10)), side([*frames(10), "x"], order=[*range(10), -1]), 0.0, TOLERANCE)
    assert not foreign.whole
    assert foreign.foreign.tolist() == [10]


def test_thousands_of_edits_in_a_long_recording():
    """Five thousand of every kind, a third of all contents repeated: each is told, and nothing else."""
    count = 40_000
    chance = random.Random(5)
    names: list[str | None] = ["still" if chance.random() < 0.3 else f"f{n}" for n in range(count)]
    sealed = side([str(n) for n in names])
    times = [n * TICK for n in range(count)]
    expected: dict[str, set[int]] = {"altered": set(), "deleted": set(), "moved": set()}
    added = []
    for place in range(4, count - 8, 8):
        edit = chance.choice(["alter", "delete", "insert", "swap", "shift"])
        if edit == "alter":
            names[place] = f"x{place}"
            expected["altered"].add(place)
        elif edit == "delete":
            names[place] = names[place + 1] = None
            expected["deleted"] |= {place, place + 1}
        elif edit == "insert":
            added.append((times[place] + TICK / 2, f"n{place}"))
        elif edit == "swap" and names[place] != names[place + 2]:
            names[place], names[place + 2] = names[place + 2], names[place]
            # two that look alike cannot have changed places: each still is nearest to its own
            expected["moved"] |= {place, place + 2}
        elif edit == "shift":
            times[place] += TICK / 3
            expected["moved"].add(place)
    rows = sorted([(t, n) for t, n in zip(times, names, strict=True) if n is not None] + added)
    found = told(sealed, side([n for _, n in rows], [t for t, _ in rows]))
    assert {k: set(v) for k, v in found.items() if k != "inserted"} == expected
    assert found["inserted"] == [number for number, (_, name) in enumerate(rows) if name.startswith("n")]


@settings(max_examples=80)
@given(st.data())
def test_any_mix_of_edits_far_apart(data):
    """Edits that do not touch are each told exactly, whatever stands beside them."""
    count = 120
    names: list[str | None] = list(frames(count))
    times = [n * TICK for n in range(count)]
    expected: dict[str, set[int]] = {"altered": set(), "deleted": set(), "moved": set()}
    added = []
    for place in range(4, count - 8, 8):
        edit = data.draw(st.sampled_from(["", "", "alter", "delete", "insert", "swap", "shift"]))
        if edit == "alter":
            names[place] = f"x{place}"
            expected["altered"].add(place)
        elif edit == "delete":
            names[place] = names[place + 1] = None
            expected["deleted"] |= {place, place + 1}
        elif edit == "insert":
            added.append((times[place] + TICK / 2, f"n{place}"))
        elif edit == "swap":
            names[place], names[place + 2] = names[place + 2], names[place]
            expected["moved"] |= {place, place + 2}
        elif edit == "shift":
            times[place] += TICK / 3
            expected["moved"].add(place)
    rows = sorted([(t, n) for t, n in zip(times, names, strict=True) if n is not None] + added)
    found = told(side(frames(count)), side([n for _, n in rows], [t for t, _ in rows]))
    assert {k: set(v) for k, v in found.items() if k != "inserted"} == {k: v for k, v in expected.items() if v}
    inserted = [number for number, (_, name) in enumerate(rows) if name.startswith("n")]
    assert found.get("inserted", []) == inserted


places = st.lists(st.integers(0, 40).map(lambda n: n / 4), max_size=7)


@given(places, places)
def test_nearest_pairs_like_the_naive_twin(here, there):
    """The twin: take the closest pair that is left, again and again. Sums of distances must agree."""
    found = nearest_pairs(np.array(here), np.array(there), 0.0)
    assert len({a for a, _ in found}) == len({b for _, b in found}) == len(found) == min(len(here), len(there))
    left, right, naive = list(range(len(here))), list(range(len(there))), []
    while left and right:
        _, a, b = min((*(abs(here[a] - there[b]), here[a], there[b], a, b)[:1], a, b) for a in left for b in right)
        naive.append(abs(here[a] - there[b]))
        left.remove(a)
        right.remove(b)
    exact = sum(1 for d in naive if d == 0)
    assert sum(1 for a, b in found if here[a] == there[b]) == exact


def naive_pairs(here: list[float], there: list[float], tolerance: float) -> set[tuple[int, int]]:
    """Same places in order, then all pairs by distance: what is meant, in as many steps as it takes."""
    left, right = (sorted(range(len(side)), key=side.__getitem__) for side in (here, there))
    pairs, i, j = set(), 0, 0
    while i < len(left) and j < len(right):
        a, b = here[left[i]], there[right[j]]
        if abs(a - b) <= tolerance:
            pairs.add((left[i], right[j]))
        i, j = i + (a <= b + tolerance), j + (b <= a + tolerance)
    free = [a for a in left if a not in {p for p, _ in pairs}], [b for b in right if b not in {q for _, q in pairs}]
    for _, a, b in sorted((abs(here[a] - there[b]), a, b) for a in free[0] for b in free[1]):
        if a not in {p for p, _ in pairs} and b not in {q for _, q in pairs}:
            pairs.add((a, b))
    return pairs


unlike = st.lists(st.integers(0, 1 << 40), min_size=0, max_size=24, unique=True)


@settings(max_examples=200)
@given(unlike, st.data())
def test_nearest_pairs_are_those_of_the_naive_twin(numbers, data):
    """Places without two equal distances: then there is but one answer."""
    sides = [data.draw(st.booleans()) for _ in numbers]
    here = [float(n) for n, mine in zip(numbers, sides, strict=True) if mine]
    there = [float(n) for n, mine in zip(numbers, sides, strict=True) if not mine]
    distances = [abs(a - b) for a in here for b in there]
    if len(set(distances)) < len(distances):
        return
    tolerance = data.draw(st.sampled_from([0.5, 1e9, 1e11]))
    assert set(nearest_pairs(np.array(here), np.array(there), tolerance)) == naive_pairs(here, there, tolerance)


@settings(max_examples=150)
@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.lists(st.sampled_from("abcdefxyz"), max_size=30), st.data())
def test_match_is_that_of_the_naive_twin(left, right, data):
    """Few contents, so that most are repeated; odd times, so that no two distances are equal."""
    draw = st.lists(st.integers(0, 1 << 40), min_size=60, max_size=60, unique=True)
    times = [n / 1e9 for n in data.draw(draw)]
    shift = data.draw(st.sampled_from([0.0, 0.0003]))
    mine, theirs = times[: len(left)], [t + shift for t in times[: len(right)]]
    partner = match(side(left, mine), side(right, theirs), 0.0, TOLERANCE)
    for content in set(left):
        rows = [n for n, c in enumerate(left) if c == content]
        others = [n for n, c in enumerate(right) if c == content]
        expected = naive_pairs([mine[n] for n in rows], [theirs[n] for n in others], TOLERANCE)
        distances = [abs(mine[a] - theirs[b]) for a in rows for b in others]
        if len({round(d, 9) for d in distances}) == len(distances):
            found = {(a, int(partner[r])) for a, r in enumerate(rows) if partner[r] != NONE}
            assert found == {(a, others[b]) for a, b in expected}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_digests_that_begin_alike_are_told_apart(pairs):
    """Eight equal bytes can be made on purpose; equal numbers must mean equal digests."""
    raw = [bytes([a]) * 8 + bytes(23) + bytes([b]) for a, b in pairs]
    number = numbered(np.array(raw, "S32").view("V32") if raw else np.zeros(0, "V32"))
    assert [[a == b for b in raw] for a in raw] == [[a == b for b in number] for a in number]


@given(st.lists(st.integers(0, 5).map(str), max_size=12), st.lists(st.integers(0, 5).map(str), max_size=12))
def test_match_pairs_equals_only_and_as_many_as_there_are(left, right):
    partner = match(side(left), side(right), 0.0, TOLERANCE)
    used = partner[partner != NONE].tolist()
    assert len(set(used)) == len(used)
    assert all(left[n] == right[p] for n, p in enumerate(partner.tolist()) if p != NONE)
    assert len(used) == sum(min(left.count(c), right.count(c)) for c in set(left))


@settings(max_examples=100)
@given(st.integers(2, 200), st.data())
def test_longest_increasing_of_long_stretches(count, data):
    """A few blocks taken out and put elsewhere, numbers left out; the twin is quadratic."""
    values = [3 * n + (n > count // 2) for n in range(count)]
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, count - 1))
        block = values[start : start + data.draw(st.integers(1, 40))]
        rest = values[:start] + values[start + len(block) :]
        to = data.draw(st.integers(0, len(rest)))
        values = rest[:to] + block + rest[to:]
    chosen = [values[n] for n in longest_increasing(np.array(values, np.int64))]
    assert chosen == sorted(chosen)
    best: list[int] = []
    for n, value in enumerate(values):
        best.append(1 + max((best[m] for m in range(n) if values[m] < value), default=0))
    assert len(chosen) == max(best)


@given(st.permutations(list(range(9))))
def test_longest_increasing_like_the_naive_twin(values):
    found = longest_increasing(np.array(values, np.int64))
    chosen = [values[n] for n in found]
    assert chosen == sorted(chosen)
    best = [1] * len(values)
    for n in range(len(values)):
        best[n] = 1 + max((best[m] for m in range(n) if values[m] < values[n]), default=0)
    assert len(chosen) == max(best)


@given(st.integers(3, 30), st.data())
def test_displaced_names_a_swap_and_a_move(count, data):
    a = data.draw(st.integers(0, count - 2))
    b = data.draw(st.integers(a + 1, count - 1))
    swapped = list(range(count))
    swapped[a], swapped[b] = swapped[b], swapped[a]
    assert displaced(np.array(swapped)).tolist() == [a, b]
    if b - a > 3:
        taken = without(list(range(count)), range(a, a + 1))
        taken.insert(b, a)
        assert displaced(np.array(taken)).tolist() == [b]
