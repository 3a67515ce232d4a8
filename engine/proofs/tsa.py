"""Asking a timestamp authority over HTTP: RFC 3161, section 3.4."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Final

from engine.proofs.problems import ProofProblem
from engine.proofs.timestamp import MAX_RESPONSE

TIMEOUT_S: Final = 30.0
"""Seconds without an answer after which an authority counts as out of reach."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST is not sent on to another place."""

    def redirect_request(self, *_: object) -> None:
        return None


def fetch(url: str, request: bytes, timeout: float = TIMEOUT_S) -> bytes:
    """Send a request, give the response.

    Parameters
    ----------
    url
        ``http://`` or ``https://``. Proxies are those of the environment.
    request
        TimeStampReq.
    timeout
        Seconds; > 0.

    Raises
    ------
    ProofProblem
        ``tsa_unreachable``, or ``tsa_answer`` if what answers is no timestamp authority.
    """
    if not _is_http(url):
        raise ProofProblem("tsa_unreachable", f"{url}: not an http:// or https:// address")
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    asked = urllib.request.Request(url, request, headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirect).open(asked, timeout=timeout) as answer:
            kind = answer.headers.get_content_type()
            data = _read(answer, time.monotonic() + 2 * timeout)
    except urllib.error.HTTPError as error:
        raise ProofProblem("tsa_answer", f"{url}: HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ProofProblem("tsa_unreachable", f"{url}: {getattr(reason, 'strerror', None) or reason}") from error
    if kind != "application/timestamp-reply":
        raise ProofProblem("tsa_answer", f"{url}: content of type {kind}")
    if len(data) > MAX_RESPONSE:
        raise ProofProblem("tsa_answer", f"{url}: more than {MAX_RESPONSE} bytes")
    return data


def _is_http(url: str) -> bool:
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    """One byte more than may be there at most, and no longer than until a point of the monotonic clock."""
    data = b""
    while len(data) <= MAX_RESPONSE and (more := answer.read1(MAX_RESPONSE + 1 - len(data))):
        data += more
        if time.monotonic() > until:
            raise TimeoutError("the answer does not end")
    return data
