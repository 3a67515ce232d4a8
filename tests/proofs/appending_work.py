"""Appending that is ended in the middle: see `dying`."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.proofs.log.log import Log
from engine.proofs.log.note import Algorithm, Signer
from engine.proofs.log.witness import cosign
from engine.proofs.register import Action, Target, approve, enter_use, read, recover

SECRET = "PRIVATE+KEY+example.com/log/testdata+33d7b496+AeymY/SZAX0jZcJ8enZ5FY1Dz+wTML2yWSkK+9DSF3eg"
TARGET = Target("clip.mp4", "ab" * 32)


def signer() -> Signer:
    return Signer.parse(SECRET)


def witness() -> Signer:
    return Signer("witness.example/w1", Algorithm.COSIGNATURE, signer().private)


def create(folder: str) -> None:
    Log.create(folder, signer())


def append(folder: str, count: str) -> None:
    log = Log.open(folder)
    size = log.checkpoint().checkpoint.size
    log.append([f"new {size + i}".encode() for i in range(int(count))], signer())


def keep_cosigned(folder: str, state: str) -> None:
    log = Log.open(folder)
    data = (Path(folder) / "checkpoint").read_bytes()
    log.add_cosignatures(cosign(data, log.consistency, witness(), Path(state), 1000, log.key))


def enter(register: str) -> None:
    approve(register, who="李四", approver="王五", reason="办案需要", action=Action.EXCERPT, what=TARGET)


def use(register: str) -> None:
    enter_use(register, read(register)[0])


def close(register: str) -> None:
    recover(register, "王五")


def append_one_by_one(folder: str, name: str, count: str) -> None:
    log = Log.open(folder)
    for number in range(int(count)):
        log.append([f"{name} {number}".encode()], signer())


def enter_one_by_one(register: str, _name: str, count: str) -> None:
    for _ in range(int(count)):
        enter(register)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
