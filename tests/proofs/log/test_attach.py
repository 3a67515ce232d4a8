"""Seals in the archive's log: by themselves, with evidence that holds, and with evidence that does not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.proofs import signing
from engine.proofs.amend import amend
from engine.proofs.envelope import read_seal
from engine.proofs.evidence import Evidence, LogInclusion
from engine.proofs.log.attach import (
    CONFIG,
    append_seals,
    append_where_there_is_a_log,
    config_text,
    find_config,
    note_signer,
    read_config,
    seal_files,
)
from engine.proofs.log.check import FOUND, check_log, check_old, check_seal, tlog_proof
from engine.proofs.log.log import Log
from engine.proofs.log.note import Algorithm, Note, Signer, VerifierKey
from engine.proofs.log.standing import LogLevel, LogStanding, log_standing, read_keys
from engine.proofs.log.telling import age, attached_line, log_lines, seal_line, standing_line
from engine.proofs.log.witness import cosign
from engine.proofs.logentry import log_entry
from engine.proofs.policy import Policy
from engine.proofs.problems import ProofProblem
from engine.proofs.seal import Supersede, seal
from engine.proofs.verify import Status, verify


def new_signer(name: str, algorithm: Algorithm = Algorithm.ED25519) -> Signer:
    return Signer(name, algorithm, Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def sealed(tools, tmp_path_factory) -> Path:
    """A short recording with its proof, not to be changed."""
    folder = tmp_path_factory.mktemp("sealed")
    long = tools.make_clip(folder / "long.mp4", sound=None)
    clip = tools.rewrite(long, folder / "clip.mp4", lambda units: units[:6])
    assert seal(clip).status == "sealed"
    return clip


class World:
    """An archive with a log and a witness."""

    def __init__(self, folder: Path, sealed: Path) -> None:
        self.folder, self.clip = folder, folder / "archive" / "clip.mp4"
        self.clip.parent.mkdir()
        for name in ("clip.mp4", "clip.mp4.unbroken.json", "clip.mp4.unbroken.parquet"):
            shutil.copy(sealed.parent / name, self.clip.parent / name)
        self.seal = self.clip.parent / "clip.mp4.unbroken.json"
        self.signer = new_signer("archive.example/log")
        self.log = Log.create(folder / "log", self.signer)
        self.witness = new_signer("witness.example/w1", Algorithm.COSIGNATURE)
        self.keys = (self.log.key, self.witness.key)

    def append(self, *seals: Path):
        return append_seals(self.log, lambda: self.signer, list(seals) or [self.seal])

    def cosign(self, at: int) -> None:
        data = (self.log.folder / "checkpoint").read_bytes()
        state = self.folder / "state.json"
        self.log.add_cosignatures(cosign(data, self.log.consistency, self.witness, state, at, self.log.key))

    def standing(self) -> LogStanding:
        return log_standing(read_seal(self.seal), self.keys)

    def verified(self, *keys: VerifierKey):
        return verify(self.clip, policy=Policy(logs=keys or self.keys))


@pytest.fixture
def world(tmp_path, sealed) -> World:
    return World(tmp_path, sealed)


def reason(call, *arguments):
    with pytest.raises(ProofProblem) as caught:
        call(*arguments)
    return caught.value.reason


# ---- adding ------------------------------------------------------------------------------------


def test_a_seal_goes_into_the_log_once(world):
    before = verify(world.clip)
    assert [(a.status, a.index) for a in world.append()] == [("added", 0)]
    assert [(a.status, a.index) for a in world.append()] == [("known", 0)]
    assert world.log.checkpoint().checkpoint.size == 1
    assert world.log.prove(0, log_entry(read_seal(world.seal)))
    assert before.status is verify(world.clip).status is Status.OK
    assert world.standing().level is LogLevel.LOGGED


def test_the_key_is_opened_only_to_add_something(world):
    world.append()
    world.cosign(1000)
    asked = []
    assert [a.status for a in append_seals(world.log, lambda: asked.append(1), [world.seal])] == ["renewed"]
    assert asked == []


def test_a_cosigned_checkpoint_is_added_once(world):
    world.append()
    world.cosign(1000)
    assert [a.status for a in world.append()] == ["renewed"]
    assert [a.status for a in world.append()] == ["known"]
    world.cosign(2000)
    assert [a.status for a in world.append()] == ["known"]
    assert len(read_seal(world.seal).evidence.log) == 2
    found = world.standing()
    assert (found.level, found.since, found.at, found.witnesses) == (
        LogLevel.COSIGNED,
        1000,
        1000,
        ("witness.example/w1",),
    )


def test_a_seal_that_lost_its_evidence_is_not_added_twice(world):
    """As after a crash between the log and the seal."""
    bare = world.seal.read_bytes()
    world.append()
    world.seal.write_bytes(bare)
    assert [(a.status, a.index) for a in world.append()] == [("added", 0)]
    assert world.log.checkpoint().checkpoint.size == 1


def test_seals_that_cannot_be_read_fail_alone(world, tmp_path):
    broken = tmp_path / "x.unbroken.json"
    broken.write_bytes(b"{}")
    missing = tmp_path / "y.unbroken.json"
    found = world.append(broken, world.seal, missing)
    assert [(a.status, a.reason) for a in found] == [
        ("failed", "seal_unreadable"),
        ("added", ""),
        ("failed", "no_seal"),
    ]
    assert "NOT in the log" in attached_line(found[0], False)
    assert "未记入日志" in attached_line(found[0], True)


def test_a_seal_that_took_another_ones_place_gets_its_own_entry(world):
    world.append()
    data = bytearray(world.clip.read_bytes())
    data[-1] ^= 1
    world.clip.write_bytes(data)
    assert seal(world.clip, supersede=Supersede("copied again")).status == "sealed"
    assert [(a.status, a.index) for a in world.append()] == [("added", 1)]


def test_names_that_stand_for_seals(world, tmp_path):
    assert seal_files([str(world.clip), str(world.seal), str(world.clip.parent)]) == [world.seal]
    assert seal_files([str(tmp_path / "log")]) == []


# ---- by themselves -----------------------------------------------------------------------------


def write_config(world: World, folder: Path) -> signing.Signer:
    (folder / CONFIG).write_text(config_text("log", "log.pem"))
    return signing.Signer.of(world.signer.private.private_bytes_raw())


def test_the_nearest_config_names_the_log(world, tmp_path):
    assert find_config(world.clip.parent) is None
    write_config(world, tmp_path)
    deep = world.clip.parent / "2026" / "11"
    deep.mkdir(parents=True)
    for place in (tmp_path, world.clip.parent, deep):
        found = find_config(place)
        assert (found.log, found.key) == (tmp_path / "log", tmp_path / "log.pem")
    (deep.parent / CONFIG).write_text('log = "/elsewhere"\n')
    found = find_config(deep)
    assert (found.log, found.key) == (Path("/elsewhere"), None)


@pytest.mark.parametrize("text", ["", "log = 1", "log = ''\nkeys = ''", "log = 'x'\nkey = 2", "log", "\xff"])
def test_a_config_that_does_not_say_what_it_must(tmp_path, text):
    (tmp_path / CONFIG).write_bytes(text.encode("latin-1"))
    assert reason(read_config, tmp_path / CONFIG) == "log_config"


@pytest.mark.parametrize("name", ["log", '引号"和\\', "a b"])
def test_a_config_is_read_as_it_was_written(tmp_path, name):
    (tmp_path / CONFIG).write_text(config_text(name, "k"), "utf-8")
    assert read_config(tmp_path / CONFIG).log == tmp_path / name


def test_seals_append_by_themselves_where_there_is_a_log(world, tmp_path):
    asked = []
    assert append_where_there_is_a_log([(world.clip, world.seal)], asked.append) == []
    key = write_config(world, tmp_path)
    found = append_where_there_is_a_log([(world.clip, world.seal)], lambda config: asked.append(config) or key)
    assert [(a.status, a.index) for a in found] == [("added", 0)]
    assert [c.log for c in asked] == [tmp_path / "log"]


def test_a_seal_stands_where_the_log_cannot_be_written(world, tmp_path):
    key = write_config(world, tmp_path)
    whole = world.seal.read_bytes()
    other = signing.Signer.of(bytes(32))
    for sign, why in ((lambda _: other, "log_key"), (lambda _: _refuse(), "key_passphrase")):
        found = append_where_there_is_a_log([(world.clip, world.seal)], sign)
        assert [(a.status, a.reason) for a in found] == [("failed", why)]
    (tmp_path / CONFIG).write_text("?")
    found = append_where_there_is_a_log([(world.clip, world.seal)], lambda _: key)
    assert [(a.status, a.reason) for a in found] == [("failed", "log_config")]
    (tmp_path / CONFIG).write_text('log = "none"')
    found = append_where_there_is_a_log([(world.clip, world.seal)], lambda _: key)
    assert [(a.status, a.reason) for a in found] == [("failed", "no_log")]
    assert world.seal.read_bytes() == whole


def _refuse():
    raise ProofProblem("key_passphrase")


def test_a_key_of_the_key_files_is_the_logs():
    secret = bytes(range(32))
    signer = note_signer(signing.Signer.of(secret), "a.example/log")
    assert signer.key.public == Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


# ---- what verification says --------------------------------------------------------------------


def forge(world: World, **changes) -> None:
    """Put other evidence into the seal than the log gave."""

    def changed(now):
        return replace(now, evidence=Evidence(log=(replace(now.evidence.log[-1], **changes),)))

    seal_ = changed(read_seal(world.seal))
    world.seal.write_bytes(seal_.to_bytes())


def test_what_verify_says_step_by_step(world):
    assert verify(world.clip).other == ()
    found = world.verified()
    assert (found.status, found.reason) == (Status.OK_WITH_MISSING_INFO, "not_in_log")
    world.append()
    found = verify(world.clip)
    assert (found.status, found.other[-1]["change"]) == (Status.OK, "log_untrusted")
    found = world.verified()
    assert (found.status, found.reason) == (Status.OK_WITH_MISSING_INFO, "not_cosigned")
    assert world.verified(world.log.key).status is Status.OK
    world.cosign(1_700_000_000)
    world.append()
    found = world.verified()
    assert (found.status, found.reason) == (Status.OK, "untouched")
    assert found.other[-1] == {
        "subject": "proof",
        "change": "cosigned",
        "log": "archive.example/log",
        "index": 0,
        "since": "2023-11-14T22:13:20+00:00",
        "at": "2023-11-14T22:13:20+00:00",
        "witnesses": ["witness.example/w1"],
    }
    other = new_signer("witness.example/w1", Algorithm.COSIGNATURE).key
    assert world.verified(world.log.key, other).reason == "not_cosigned"
    stranger = new_signer("archive.example/log").key
    assert world.verified(stranger, world.witness.key).status is Status.NOT_OK
    elsewhere = new_signer("elsewhere.example/log").key
    assert world.verified(elsewhere, world.witness.key).reason == "not_in_log"


def test_a_changed_recording_stays_not_ok_and_says_so(world):
    world.append()
    data = bytearray(world.clip.read_bytes())
    data[len(data) // 2] ^= 1
    world.clip.write_bytes(data)
    found = world.verified()
    assert found.status is Status.NOT_OK
    assert found.reason != "log_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 1},
        {"index": 2},
        {"path": ()},
        {"path": (bytes(32),)},
    ],
)
def test_evidence_that_does_not_lead_to_the_root(world, changes):
    other = world.folder / "other.unbroken.json"
    shutil.copy(world.seal, other)
    world.log.append([b"another entry"], world.signer)
    world.append()
    forge(world, **changes)
    if changes == {"index": 1}:  # as it is
        assert world.standing().level is LogLevel.LOGGED
        return
    assert world.standing().level is LogLevel.INVALID
    found = world.verified()
    assert (found.status, found.reason) == (Status.NOT_OK, "log_invalid")
    assert check_seal(world.log, world.keys, world.seal).reason == "log_invalid"


def test_evidence_of_another_seal(world, tools, tmp_path):
    """The inclusion of one recording's seal, written into another's: an entry for another root."""
    world.append()
    long = tools.make_clip(tmp_path / "long.mp4", sound=None)
    other = tools.rewrite(long, tmp_path / "other.mp4", lambda units: units[:7])
    stolen = read_seal(world.seal).evidence.log[0]
    amend(seal(other).seal, lambda now: now.logged(stolen))
    found = verify(other, policy=Policy(logs=world.keys))
    assert (found.status, found.reason) == (Status.NOT_OK, "log_invalid")


def test_a_checkpoint_that_another_key_signed_under_the_logs_name(world):
    world.append()
    mallory = new_signer("archive.example/log")
    note = Note.parse(read_seal(world.seal).evidence.log[0].checkpoint.encode())
    forged = note.text + "\n" + mallory.line(note.text, 0)
    forge(world, checkpoint=forged)
    assert world.standing().level is LogLevel.INVALID


def test_a_cosignature_that_does_not_verify(world):
    world.append()
    world.cosign(1000)
    world.append()
    good = read_seal(world.seal).evidence.log[-1].checkpoint
    stranger = new_signer("witness.example/w1", Algorithm.COSIGNATURE)
    note = Note.parse(good.encode())
    data = Note.parse((note.text + "\n" + stranger.line(note.text, 9)).encode()).signatures[0].data
    forge(world, checkpoint=good.replace(note.signatures[1].line, replace(note.signatures[1], data=data).line))
    assert world.standing().level is LogLevel.INVALID


def test_two_cosignings_are_joined(world):
    world.append()
    world.cosign(2000)
    world.append()
    first = read_seal(world.seal).evidence.log[-1]
    world.log.append([b"more"], world.signer)
    world.cosign(5000)
    proof = world.log.prove(0, log_entry(read_seal(world.seal)), world.log.cosigned())
    later = LogInclusion(first.origin, 0, proof.path, str(proof.signed.note))
    amend(world.seal, lambda now: now.logged(later))
    assert (world.standing().since, world.standing().at) == (2000, 5000)


# ---- the whole log -----------------------------------------------------------------------------


def test_a_log_is_checked_under_the_key_that_is_known(world):
    world.append()
    report = check_log(world.log.folder, world.keys)
    assert (report.reason, report.trusted, report.cosigned) == ("", True, None)
    assert check_log(world.log.folder, ()).trusted is False
    stranger = new_signer("archive.example/log").key
    assert check_log(world.log.folder, (stranger,)).reason == "checkpoint_foreign"
    elsewhere = new_signer("elsewhere.example/log").key
    assert check_log(world.log.folder, (elsewhere,)).reason == "checkpoint_foreign"
    assert check_log(world.folder / "none", world.keys).reason == "no_log"
    world.cosign(1000)
    report = check_log(world.log.folder, world.keys)
    assert (report.cosigned.size, report.times) == (1, (("witness.example/w1", 1000),))


def test_a_log_that_was_rewritten_shows_against_a_kept_checkpoint(world, tmp_path):
    """The administrator makes a new log under the same key: fork where it is as long, rollback where it is shorter."""
    world.append()
    world.log.append([b"two", b"three"], world.signer)
    kept = (world.log.folder / "checkpoint").read_bytes()
    world.log.append([b"four"], world.signer)
    report = check_log(world.log.folder, world.keys)
    assert check_old(report, world.keys, kept).continues == 3
    other = Log.create(tmp_path / "other", world.signer)
    other.append([b"forged", b"two"], world.signer)
    assert check_old(check_log(other.folder, world.keys), world.keys, kept).reason == "log_rollback"
    other.append([b"three", b"four"], world.signer)
    assert check_old(check_log(other.folder, world.keys), world.keys, kept).reason == "log_fork"
    assert {"log_rollback", "log_fork"} <= FOUND
    assert check_old(report, world.keys, b"none").reason == "note_malformed"


def test_a_seal_that_is_not_in_the_log(world, tmp_path):
    report = check_seal(world.log, world.keys, world.seal)
    assert (report.reason, report.standing.level) == ("not_logged", LogLevel.NOT_LOGGED)
    assert reason(tlog_proof, world.log, world.seal) == "not_logged"
    bare = world.seal.read_bytes()
    world.append()
    world.seal.write_bytes(bare)
    assert check_seal(world.log, world.keys, world.seal).standing.level is LogLevel.LOGGED
    assert tlog_proof(world.log, world.seal).startswith("c2sp.org/tlog-proof@v1\nindex 0\n\narchive.example/log\n1\n")
    assert check_seal(world.log, world.keys, tmp_path / "x").reason == "no_seal"


def test_the_age_of_a_cosignature_counts_from_the_newest_checkpoint_of_the_log(world):
    world.append()
    world.cosign(1000)
    world.append()
    world.log.append([b"more"], world.signer)
    world.cosign(90_000)
    assert world.standing().at == 1000
    live = check_seal(world.log, world.keys, world.seal)
    assert (live.standing.since, live.standing.at) == (1000, 90_000)


def test_trusted_keys_are_read_from_a_file(world, tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# the archive\n{world.keys[0]}\n\n{world.keys[1]}\n{world.keys[1]}\n")
    assert read_keys(path) == world.keys
    path.write_text("nonsense")
    assert reason(read_keys, path) == "vkey_malformed"
    assert reason(read_keys, tmp_path / "none") == "vkeys_unreadable"


# ---- words -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passed", "en", "zh"),
    [
        (0, "0 minutes ago", "0 分钟前"),
        (61, "1 minute ago", "1 分钟前"),
        (7200, "2 hours ago", "2 小时前"),
        (86400, "1 day ago", "1 天前"),
        (-30, "0 minutes ago", "0 分钟前"),
        (-3600, "later than this computer's clock", "晚于本机时钟"),
    ],
)
def test_ages(passed, en, zh):
    at = "2026-01-01T00:00:00+00:00"
    assert age(at, False, 1767225600 + passed) == en
    assert age(at, True, 1767225600 + passed) == zh


def test_standings_in_both_languages(world):
    lines = []
    for level in LogLevel:
        found = LogStanding(level, "a.example", 7, 0, 86400, ("w",))
        lines += [standing_line(found, chinese, now=2 * 86400.0) for chinese in (False, True)]
    assert len(set(lines)) == 2 * len(LogLevel)
    assert lines[-2] == (
        "entry 7 of the log a.example, cosigned by w (first 1970-01-01T00:00:00+00:00, "
        "last 1970-01-02T00:00:00+00:00, 1 day ago)"
    )
    world.append()
    world.cosign(1000)
    report = check_log(world.log.folder, world.keys)
    assert log_lines(report, False, 1000.0)[1].startswith("  cosigned by witness.example/w1 at size 1 (")
    assert "联署至第 1 条" in log_lines(report, True, 1000.0)[1]
    assert "联署" in seal_line(check_seal(world.log, world.keys, world.seal), True)


def test_a_seal_shows_that_its_log_was_rewritten(world, tmp_path):
    """Every seal carries a checkpoint that the log has to continue."""
    world.log.append([b"one"], world.signer)
    world.append()
    other = Log.create(tmp_path / "other", world.signer)
    assert [(a.status, a.reason) for a in append_seals(other, lambda: world.signer, [world.seal])] == [
        ("failed", "log_rollback")
    ]
    other.append([b"1", b"2"], world.signer)
    assert append_seals(other, lambda: world.signer, [world.seal])[0].reason == "log_fork"
    assert check_seal(other, world.keys, world.seal).reason == "log_fork"
    assert check_seal(world.log, world.keys, world.seal).reason == ""
