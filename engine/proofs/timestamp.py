"""Timestamps of RFC 3161: requests, responses, and the offline check of a token.

A token says that some bytes were there at a time; an authority signs it. What is kept is the
TimeStampToken itself (RFC 3161, section 2.4.2), which ``openssl ts -verify -token_in`` checks too.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from engine.proofs import der
from engine.proofs.evidence import MAX_TOKEN
from engine.proofs.problems import ProofProblem

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_RESPONSE: Final = MAX_TOKEN + 1024
"""Bytes of a response: a token and what the authority says beside it."""

_DIGESTS: Final = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": "sha256",
        "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512",
    }
)
"""Object identifier -> digest that a token may carry; SHA-1 and MD5 are not among them."""

_REASON: Final = re.compile(r'reason: "([^"]*)"')
"""What OpenSSL says, out of the library's words around it."""

Digest = Literal["sha256", "sha512"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose digest is that of the bytes it is said to cover; its signature is another matter.

    Parameters
    ----------
    der
        The TimeStampToken.
    time
        When it was made, as its authority says; UTC.
    authority
        Subject of the signing certificate, RFC 4514.
    valid_until
        When that certificate lapses; UTC.
    digest
        ``sha256``, ``sha384`` or ``sha512``.
    """

    der: bytes
    time: datetime.datetime
    authority: str
    valid_until: datetime.datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Authorities:
    """Certificates that tokens are checked against: roots, and intermediates that tokens leave out.

    Parameters
    ----------
    pem
        As they stand in the file; what is handed to other processes.
    """

    pem: bytes

    @property
    def certificates(self) -> list[Certificate]:
        """The certificates."""
        from cryptography import x509

        return x509.load_pem_x509_certificates(self.pem)


@dataclass(frozen=True, slots=True)
class Request:
    """A TimeStampReq, and the number that its response has to repeat."""

    der: bytes
    nonce: int | None


def read_authorities(path: str | os.PathLike[str]) -> Authorities:
    """Read certificates in PEM.

    Raises
    ------
    ProofProblem
        ``authorities_unreadable``.
    """
    try:
        with open(path, "rb") as file:
            found = Authorities(file.read(16 << 20))
        if found.certificates:
            return found
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or "no certificates in PEM"
        raise ProofProblem("authorities_unreadable", f"{os.fspath(path)}: {detail}") from error
    raise ProofProblem("authorities_unreadable", f"{os.fspath(path)}: no certificates in PEM")


def read_response(path: str | os.PathLike[str]) -> bytes:
    """A response from a file; of one that is too long, just more than `token_of` takes."""
    with open(path, "rb") as file:
        return file.read(MAX_RESPONSE + 1)


def request(covered: bytes, digest: Digest) -> Request:
    """A request for a token over `covered`, with a nonce, asking for the certificate."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    algorithm = HashAlgorithm.SHA512 if digest == "sha512" else HashAlgorithm.SHA256
    made = TimestampRequestBuilder().data(covered).hash_algorithm(algorithm).build()
    return Request(made.as_bytes(), made.nonce)


def token_of(response: bytes, covered: bytes, asked: Request | None = None) -> Token:
    """The token of a response, if it was granted and covers what it has to.

    Parameters
    ----------
    response
        TimeStampResp.
    covered
        What the token has to be over.
    asked
        The request, whose nonce the token has to repeat; None where it is not at hand.

    Raises
    ------
    ProofProblem
        ``tsa_refused`` if it says no; ``timestamp_unreadable``; ``timestamp_differs`` if it is
        over other bytes or answers another request.
    """
    if len(response) > MAX_RESPONSE:
        raise ProofProblem("timestamp_unreadable", f"larger than {MAX_RESPONSE} bytes")
    try:
        parts = der.values(der.only(response, der.SEQUENCE).content)
        status = der.values(parts[0].content)
        granted = int.from_bytes(status[0].content, "big", signed=True)
    except (der.DerError, IndexError) as error:
        raise ProofProblem("timestamp_unreadable", "no response of a timestamp authority") from error
    if granted not in (0, 1) or len(parts) != 2:
        raise ProofProblem("tsa_refused", _said(status) or f"status {granted}")
    found = read_token(parts[1].whole, covered)
    if asked is not None and asked.nonce is not None and _parsed(found.der).tst_info.nonce != asked.nonce:
        raise ProofProblem("timestamp_differs", "the response is to another request")
    return found


def _said(status: Iterable[der.Value]) -> str:
    """The authority's own words, section 2.4.2: PKIFreeText."""
    try:
        texts = [t.content for part in status if part.tag == der.SEQUENCE for t in der.values(part.content)]
    except der.DerError:
        return ""
    return "; ".join(t.decode("utf-8", "replace") for t in texts)[:200]


def read_token(token: bytes, covered: bytes) -> Token:
    """A token, if it can be read and is over `covered`.

    Raises
    ------
    ProofProblem
        ``timestamp_unreadable``, or ``timestamp_differs`` if it is over other bytes.
    """
    found = _parsed(token)
    try:
        info = found.tst_info
        digest = _DIGESTS.get(info.message_imprint.hash_algorithm.dotted_string)
        signer = _signer(found)
        time, until, name = info.gen_time, signer.not_valid_after_utc, signer.subject.rfc4514_string()
    except Exception as error:  # the libraries raise many kinds for what a token may hold
        raise ProofProblem("timestamp_unreadable", type(error).__name__) from error
    if digest is None:
        raise ProofProblem("timestamp_unreadable", "a digest that is not SHA-256, SHA-384 or SHA-512")
    if info.message_imprint.message != hashlib.new(digest, covered).digest():
        raise ProofProblem("timestamp_differs")
    return Token(token, time.astimezone(datetime.UTC), name[:200], until, digest)


def check_token(token: Token, authorities: Authorities) -> Literal["verified", "untrusted"]:
    """Whether an authority that is trusted signed a token, as of the token's own time.

    Revocation is not looked up: that needs a network.

    Returns
    -------
    str
        ``untrusted`` where the signer's certificate leads to none of the authorities.

    Raises
    ------
    ProofProblem
        ``timestamp_bad`` if it claims one of the authorities and does not verify.
    """
    from rfc3161_client import VerifierBuilder

    builder = VerifierBuilder(roots=authorities.certificates)
    response = _parsed(token.der)
    try:
        if builder.build().verify(response, response.tst_info.message_imprint.message):
            return "verified"
        detail = ""
    except Exception as error:  # of the library, of cryptography or of OpenSSL
        detail = "; ".join(_REASON.findall(str(error))) or str(error)[:200]
    if _claims(token, authorities):
        raise ProofProblem("timestamp_bad", detail)
    return "untrusted"


def _claims(token: Token, authorities: Authorities) -> bool:
    """Whether the names of the certificates lead from the signer to an authority."""
    try:
        parsed = _parsed(token.der)
        known = {c.subject for c in authorities.certificates}
        carried = {c.subject: c for c in _certificates(parsed)}
        at: Any = _signer(parsed)
        for _ in range(len(carried) + 1):
            if at.subject in known or at.issuer in known:
                return True
            at = carried.get(at.issuer)
            if at is None:
                return False
    except ValueError:
        return True
    return False


def _certificates(parsed: Any) -> list[Certificate]:
    from cryptography import x509

    return [x509.load_der_x509_certificate(c) for c in parsed.signed_data.certificates]


def _signer(parsed: Any) -> Certificate:
    """The certificate that the one signature names."""
    (info,) = parsed.signed_data.signer_infos
    for certificate in _certificates(parsed):
        if (certificate.issuer, certificate.serial_number) == (info.issuer, info.serial_number):
            return certificate
    raise ValueError("the token does not hold the signer's certificate")


def _parsed(token: bytes) -> Any:
    """The token as the library reads it: in a response that grants it."""
    from rfc3161_client import decode_timestamp_response

    if len(token) > MAX_TOKEN:
        raise ProofProblem("timestamp_unreadable", f"larger than {MAX_TOKEN} bytes")
    granted = der.encoded(der.SEQUENCE, der.encoded(der.INTEGER, b"\0"))
    try:
        return decode_timestamp_response(der.encoded(der.SEQUENCE, granted + _in_order(token)))
    except ValueError as error:
        raise ProofProblem("timestamp_unreadable", "no token of RFC 3161") from error


def _in_order(token: bytes) -> bytes:
    """The token with its certificates sorted, as DER asks of a set and as not every authority writes them.

    No signature covers the order of certificates.
    """
    kind, content = der.values(der.only(token, der.SEQUENCE).content)
    signed = der.values(der.only(content.content, der.SEQUENCE).content)
    parts = [
        der.encoded(p.tag, b"".join(sorted(c.whole for c in der.values(p.content))))
        if p.tag == der.CONTEXT_0
        else p.whole
        for p in signed
    ]
    inner = der.encoded(der.SEQUENCE, b"".join(parts))
    return der.encoded(der.SEQUENCE, kind.whole + der.encoded(content.tag, inner))
