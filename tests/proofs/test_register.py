"""The access register: approvals, uses, and every way to change a line."""

from __future__ import annotations

import json

import pytest
import rfc8785
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.proofs.problems import ProofProblem
from engine.proofs.register import (
    WHOLE,
    Action,
    Kind,
    Span,
    Target,
    approve,
    enter_use,
    find_approval,
    read,
    recover,
    verify,
)
from engine.proofs.register_telling import break_line, chain_json, chain_line, entry_line

DIGEST = "ab" * 32
CLIP = Target("clip.mp4", DIGEST)


def reason(call, *arguments, **named):
    with pytest.raises(ProofProblem) as caught:
        call(*arguments, **named)
    return caught.value.reason


def allow(register, action=Action.EXCERPT, what=CLIP, who="李四", approver="王五"):
    return approve(register, who=who, approver=approver, reason="办案需要", action=action, what=what)


@pytest.fixture
def register(tmp_path):
    return tmp_path / "register.jsonl"


@pytest.fixture
def six(register):
    """Three approvals, a use, and two approvals."""
    for number in range(3):
        allow(register, what=Target(f"clip-{number}.mp4", f"{number}" * 64))
    enter_use(register, read(register)[1], result=Target("out.mp4", "cd" * 32))
    allow(register, Action.VIEW)
    allow(register, Action.COPY)
    return register


def lines(register) -> list[bytes]:
    return register.read_bytes().splitlines(keepends=True)


# ---- what stands there -------------------------------------------------------------------------


def test_a_line_is_what_the_documents_say(register):
    """Made again with nothing but a JSON library and BLAKE3."""
    first = allow(register, what=Target("clip.mp4", DIGEST, Span(frames=(0, 99), ms=(0, 4000))))
    second = enter_use(register, first, span=Span((10, 20), (400, 800)), result=Target("out.mp4", "cd" * 32))
    one, two = register.read_text("utf-8").splitlines()
    content = json.loads(one)
    assert content == {
        "schema": "unbroken.register/1",
        "sequence": 1,
        "previous": None,
        "time": content["time"],
        "kind": "approval",
        "who": "李四",
        "approver": "王五",
        "reason": "办案需要",
        "action": "excerpt",
        "what": {"name": "clip.mp4", "blake3": DIGEST, "frames": [0, 99], "ms": [0, 4000]},
    }
    assert json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == one
    digest = blake3(one.encode(), derive_key_context="unbroken register 1 entry").hexdigest()
    use = json.loads(two)
    assert (first.hash, first.id, second.previous, use["previous"]) == (digest, digest[:16], digest, digest)
    assert (use["kind"], use["approval"], use["sequence"]) == ("use", digest, 2)
    assert use["result"] == {"name": "out.mp4", "blake3": "cd" * 32}
    assert use["what"]["frames"] == [10, 20]


def test_what_was_entered_is_read_again(six):
    entries = read(six)
    assert [e.sequence for e in entries] == [1, 2, 3, 4, 5, 6]
    assert [e.line for e in entries] == [1, 2, 3, 4, 5, 6]
    assert [e.kind.value for e in entries] == ["approval"] * 3 + ["use"] + ["approval"] * 2
    assert verify(six).head == entries[-1].hash


def test_no_register_is_not_an_empty_one(register):
    for call in (read, verify):
        assert reason(call, register) == "no_register"
    register.write_bytes(b"")
    assert verify(register).entries == ()
    assert verify(register).head is None
    allow(register)
    assert len(read(register)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("who", ""), ("who", " "), ("who", "李\n四"), ("approver", ""), ("reason", ""), ("reason", "x" * 1025)],
)
def test_fields_that_say_nothing_are_refused(register, field, value):
    fields = {"who": "李四", "approver": "王五", "reason": "办案需要"} | {field: value}
    assert reason(approve, register, action=Action.VIEW, what=CLIP, **fields) == "register_field"
    assert not register.exists() or register.read_bytes() == b""


@pytest.mark.parametrize(
    ("who", "approver"), [("王五", " 王五 "), ("Li Min", "li  min"), ("Li Min", "Ｌｉ Ｍｉｎ"), ("José", "Jose\u0301")]
)
def test_nobody_approves_for_themselves(register, who, approver):
    assert reason(allow, register, who=who, approver=approver) == "own_approval"


# ---- approvals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approved", "wanted", "covered"),
    [
        (WHOLE, WHOLE, True),
        (WHOLE, Span(frames=(5, 10)), True),
        (Span(frames=(5, 10)), WHOLE, False),
        (Span(frames=(5, 10)), Span(frames=(5, 10)), True),
        (Span(frames=(5, 10)), Span(frames=(4, 10)), False),
        (Span(frames=(5, 10)), Span(frames=(5, 11)), False),
        (Span(frames=(5, 10)), Span(ms=(200, 400)), False),
        (Span(ms=(200, 400)), Span(frames=(5, 10)), False),
        (Span(ms=(200, 400)), Span((5, 10), (250, 400)), True),
        (Span((5, 10), (200, 400)), Span((5, 10), (250, 401)), False),
    ],
)
def test_an_approval_covers_its_span_and_no_more(register, approved, wanted, covered):
    entry = allow(register, what=Target("clip.mp4", DIGEST, approved))
    found = find_approval(register, DIGEST, Action.EXCERPT, wanted)
    assert (found is not None) is covered
    if covered:
        assert found == read(register)[0]
        enter_use(register, found, span=wanted)
        assert verify(register).broken is None
    else:
        assert reason(enter_use, register, entry, span=wanted) == "no_approval"


def test_an_approval_is_for_one_recording_one_action_and_one_person(register):
    allow(register)
    assert find_approval(register, DIGEST, Action.EXCERPT, who="李四") is not None
    assert find_approval(register, "cd" * 32, Action.EXCERPT) is None
    assert find_approval(register, DIGEST, Action.EXPORT) is None
    assert find_approval(register, DIGEST, Action.EXCERPT, who="赵六") is None


def test_a_use_is_no_approval(register):
    use = enter_use(register, allow(register))
    assert find_approval(register, DIGEST, Action.EXCERPT).kind is Kind.APPROVAL
    assert reason(enter_use, register, use) == "no_approval"


def test_an_approval_in_a_broken_register_is_not_believed(six):
    whole = six.read_bytes()
    six.write_bytes(whole.replace(b"clip-1", b"clip-9"))
    assert reason(find_approval, six, DIGEST, Action.VIEW) == "register_broken"
    six.write_bytes(whole[:-5])
    assert reason(find_approval, six, DIGEST, Action.VIEW) == "register_torn"


# ---- attacks -----------------------------------------------------------------------------------


def broken(register, head=None) -> tuple[int, str]:
    found = verify(register, head).broken
    return (found.line, found.change)


@pytest.mark.parametrize("number", range(5))
def test_a_removed_line(six, number):
    kept = lines(six)
    del kept[number]
    six.write_bytes(b"".join(kept))
    assert broken(six) == (number + 1, "removed")


@pytest.mark.parametrize("number", range(5))
def test_a_removed_line_with_the_places_counted_anew(six, number):
    """The sequence is mended in every line behind; the hashes tell."""
    kept = [json.loads(line) for line in lines(six)]
    del kept[number]
    for place, content in enumerate(kept):
        content["sequence"] = place + 1
    six.write_bytes(b"".join(rfc8785.dumps(c) + b"\n" for c in kept))
    line, change = broken(six)
    assert change == "edited"
    assert line in (number, number + 1)


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(("field", "value"), [("who", "赵六"), ("time", "2020-01-01T00:00:00.000+00:00")])
def test_an_edited_line(six, number, field, value):
    kept = lines(six)
    kept[number] = rfc8785.dumps(json.loads(kept[number]) | {field: value}) + b"\n"
    six.write_bytes(b"".join(kept))
    line, change = broken(six)
    assert (line, change) in ((number + 1, "edited"), (number + 1, "unapproved"))


def test_an_edited_last_line_needs_the_remembered_head(six):
    head = verify(six).head
    kept = lines(six)
    kept[5] = rfc8785.dumps(json.loads(kept[5]) | {"who": "赵六"}) + b"\n"
    six.write_bytes(b"".join(kept))
    assert verify(six).broken is None
    assert broken(six, head) == (7, "truncated")


@pytest.mark.parametrize("left", range(6))
def test_lines_cut_off_at_the_end(six, left):
    head = verify(six).head
    assert verify(six, head).broken is None
    six.write_bytes(b"".join(lines(six)[:left]))
    assert verify(six).broken is None
    assert broken(six, head) == (left + 1, "truncated")


def test_a_register_that_was_written_anew(six, tmp_path):
    head = read(six)[2].hash
    assert verify(six, head).broken is None
    other = tmp_path / "other.jsonl"
    for _ in range(6):
        allow(other)
    assert broken(other, head) == (7, "truncated")


@pytest.mark.parametrize(("one", "two"), [(0, 1), (1, 4), (2, 3), (4, 5)])
def test_lines_that_changed_places(six, one, two):
    kept = lines(six)
    kept[one], kept[two] = kept[two], kept[one]
    six.write_bytes(b"".join(kept))
    assert broken(six) == (one + 1, "removed")


def test_a_line_that_stands_there_twice(six):
    kept = lines(six)
    six.write_bytes(b"".join([*kept[:3], kept[2], *kept[3:]]))
    assert broken(six) == (4, "reordered")


@pytest.mark.parametrize(
    "line",
    [
        b"{}\n",
        b"\n",
        b"[]\n",
        b"null\n",
        b'{"schema":"unbroken.register/1"}\n',
        b"\xff\n",
        b" \n",
        b"[" * 9000 + b"\n",
    ],
)
def test_lines_that_are_no_entries(six, line):
    kept = lines(six)
    six.write_bytes(b"".join([*kept[:3], line, *kept[3:]]))
    assert broken(six) == (4, "edited")
    six.write_bytes(b"".join([*kept, line]))
    assert broken(six) == (7, "edited")
    assert reason(allow, six) == "register_broken"


@pytest.mark.parametrize("spelling", [lambda line: line.replace(b":", b": ", 1), lambda line: line[:-1] + b"\r\n"])
def test_the_same_content_in_another_spelling(six, spelling):
    kept = lines(six)
    kept[2] = spelling(kept[2])
    six.write_bytes(b"".join(kept))
    assert broken(six) == (3, "edited")


def test_a_use_without_an_approval(register):
    """Whoever writes the lines by hand can chain them, but not invent an approval."""
    first = allow(register)
    use = enter_use(register, first)
    content = json.loads(lines(register)[1])
    for changed in ({"approval": use.hash}, {"who": "赵六"}, {"action": "export"}, {"approver": "赵六"}):
        register.write_bytes(lines(register)[0] + rfc8785.dumps(content | changed) + b"\n")
        assert broken(register) == (2, "unapproved")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_changed_byte_shows(six, data):
    whole = six.read_bytes()
    head = verify(six).head
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda b: b != whole[at]))
    six.write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
    try:
        found = verify(six, head).broken
        assert found is not None
        assert found.line <= whole[:at].count(b"\n") + 1 or found.change == "truncated"
    finally:
        six.write_bytes(whole)


# ---- torn lines --------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_a_torn_last_line_is_told_and_closed_without_losing_it(six, cut):
    whole = six.read_bytes()
    allow(six, Action.EXPORT)
    torn = six.read_bytes()[: len(whole) + cut]
    six.write_bytes(torn)
    assert broken(six) == (7, "torn")
    assert reason(allow, six) == "register_torn"
    assert six.read_bytes() == torn
    entry = recover(six, "王五")
    assert entry.torn == {"bytes": cut, "blake3": blake3(torn[len(whole) :]).hexdigest()}
    assert six.read_bytes().startswith(torn + b"\n")
    assert [e.sequence for e in read(six)] == [1, 2, 3, 4, 5, 6, 7]
    allow(six, Action.EXPORT)
    assert read(six)[-1].line == 9


def test_a_link_leads_to_one_register(tmp_path):
    """It is the file that is locked and replaced, not the link: else there were two registers from then on."""
    register, link = tmp_path / "kept" / "register", tmp_path / "link"
    register.parent.mkdir()
    link.symlink_to(register)
    allow(link)
    with register.open("ab") as file:
        file.write(b'{"torn')
    recover(link, "王五")
    allow(register)
    assert link.is_symlink()
    assert [e.kind for e in read(register)] == [Kind.APPROVAL, Kind.RECOVERY, Kind.APPROVAL]
    assert not list(tmp_path.glob("*.lock"))


def test_a_line_that_lacks_only_its_line_feed_counts(six):
    whole = six.read_bytes()
    six.write_bytes(whole[:-1])
    assert broken(six) == (6, "torn")
    assert recover(six, "王五") is None
    assert six.read_bytes() == whole


def test_there_is_nothing_to_recover(six):
    assert reason(recover, six, "王五") == "register_not_torn"
    kept = lines(six)
    six.write_bytes(b"".join([kept[0], *kept[2:]]))
    assert reason(recover, six, "王五") == "register_broken"


def test_an_entry_cannot_be_called_torn(six):
    """An insider cannot void a whole entry by a line that says it was never finished."""
    kept = lines(six)
    before = read(six)[4]
    forged = {
        "schema": "unbroken.register/1",
        "sequence": 6,
        "previous": before.hash,
        "time": before.time,
        "kind": "recovery",
        "who": "王五",
        "torn": {"bytes": len(kept[5]) - 1, "blake3": blake3(kept[5][:-1]).hexdigest()},
    }
    six.write_bytes(b"".join(kept) + rfc8785.dumps(forged) + b"\n")
    assert broken(six) == (7, "reordered")


def test_a_disk_that_is_full_leaves_the_register_as_it_was(six, monkeypatch):
    import os

    whole = six.read_bytes()
    real = os.write

    def half(descriptor, data):
        real(descriptor, bytes(data)[: len(data) // 2])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("engine.proofs.locking.os.write", half)
    assert reason(allow, six) == "cannot_write"
    monkeypatch.undo()
    assert six.read_bytes() == whole


# ---- words -------------------------------------------------------------------------------------


def test_entries_in_both_languages(six):
    for entry in read(six):
        zh, en = entry_line(entry, True), entry_line(entry, False)
        assert entry.id in zh
        assert entry.id in en
        assert "审批人 王五" in zh
        assert "approver 王五" in en
    assert "依据审批" in entry_line(read(six)[3], True)
    assert chain_line(verify(six), False).startswith("6 entries, the chain holds")
    assert chain_line(verify(six), True).startswith("6 条登记")
    content = chain_json(verify(six))
    assert (content["broken"], len(content["entries"])) == (None, 6)
    six.write_bytes(six.read_bytes()[:-4])
    assert break_line(verify(six).broken, False).startswith("line 6 was not written to its end")
    assert break_line(verify(six).broken, True).startswith("第 6 行未写完")
