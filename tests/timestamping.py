"""A timestamp authority for tests: its own certificates, ``openssl ts``, and a server on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CONFIGURATION = """
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = Test Authority
[ authority ]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[ stamping ]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
[ tsa ]
default_tsa = one
[ one ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
{certs}
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


class Authority:
    """Certificates in a folder, ``ca.pem`` and ``tsa.pem``, and ``openssl ts`` that answers with them.

    `usage` is what the certificate for stamping is for; `certs` puts the authority's own beside it
    into tokens; `like` takes the authority of another one.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "Test TSA",
        days: int = 365,
        usage: str = "critical,timeStamping",
        digests: str = "sha256, sha512",
        certs: bool = False,
        like: Authority | None = None,
    ) -> None:
        folder.mkdir()
        self.folder = folder
        self.authority = folder / "ca.pem"
        text = CONFIGURATION.format(
            folder=folder, usage=usage, digests=digests, certs=f"certs = {folder}/ca.pem" if certs else ""
        )
        (folder / "tsa.cnf").write_text(text)
        (folder / "serial").write_text("01\n")
        if like is None:
            openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
            new = ["req", "-x509", "-new", "-key", "ca.key", "-config", "tsa.cnf", "-extensions", "authority"]
            openssl(folder, *new, "-days", "9000", "-out", "ca.pem")
        else:
            for file in ("ca.key", "ca.pem"):
                shutil.copy(like.folder / file, folder / file)
        openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "tsa.key")
        openssl(folder, "req", "-new", "-key", "tsa.key", "-config", "tsa.cnf", "-subj", f"/CN={name}", "-out", "csr")
        sign = ["x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]
        openssl(folder, *sign, "-extfile", "tsa.cnf", "-extensions", "stamping", "-days", str(days), "-out", "tsa.pem")

    def reply(self, request: bytes) -> bytes:
        """The response to a request."""
        (self.folder / "request").write_bytes(request)
        options = ["-queryfile", "request", "-config", "tsa.cnf", "-section", "one", "-out", "response"]
        openssl(self.folder, "ts", "-reply", *options)
        return (self.folder / "response").read_bytes()


class Clockwork:
    """An authority whose tokens and certificates are of any time: written here, DER and all.

    Source: RFC 3161, section 2.4.2 (TSTInfo); RFC 5652, section 5 (SignedData); RFC 5816 (ESSCertIDv2).
    """

    def __init__(self, name: str = "Clockwork", above: Clockwork | None = None, is_authority: bool = True) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} CA")])
        start, end = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
        made = (above or self)._certificate(self._name, self._key, start, end)
        made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        self.certificate = made.sign((above or self)._key, hashes.SHA256())
        self._chain = [] if above is None else [*above._chain, _bytes(self.certificate)]

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, start: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        named = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        return named.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)

    def token(
        self,
        covered: bytes,
        at: datetime,
        start: datetime,
        end: datetime,
        digest: str = "sha256",
        name: str = "Old TSA",
        usage: str = "critical,timeStamping",
    ) -> bytes:
        """A token over `covered`, made `at` a time with a certificate that is valid from `start` to `end`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._certificate(subject, key, start, end)
        known = x509.ExtendedKeyUsageOID
        purpose = known.TIME_STAMPING if usage.endswith("timeStamping") else known.CODE_SIGNING
        made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=usage.startswith("critical"))
        certificate = made.sign(self._key, hashes.SHA256())
        imprint = der(0x30, der(0x30, OIDS[digest], NULL), der(4, hashlib.new(digest, covered).digest()))
        time = der(0x18, f"{at:%Y%m%d%H%M%S}Z".encode())
        info = der(0x30, integer(1), OIDS["policy"], imprint, integer(7), time)
        attributes = [
            der(0x30, OIDS["contentType"], der(0x31, OIDS["TSTInfo"])),
            der(0x30, OIDS["messageDigest"], der(0x31, der(4, hashlib.sha256(info).digest()))),
            der(0x30, OIDS["signingCertificateV2"], der(0x31, _signing(certificate))),
        ]
        signed = b"".join(sorted(attributes))
        signature = key.sign(der(0x31, signed), ec.ECDSA(hashes.SHA256()))
        sid = der(0x30, certificate.issuer.public_bytes(), integer(certificate.serial_number))
        signer = [integer(1), sid, der(0x30, OIDS["sha256"], NULL), der(0xA0, signed), der(0x30, OIDS["ecdsa"])]
        content = der(0x30, OIDS["TSTInfo"], der(0xA0, der(4, info)))
        algorithms, certificates = (
            der(0x31, der(0x30, OIDS["sha256"], NULL)),
            der(0xA0, *sorted([_bytes(certificate), *self._chain])),
        )
        data = [integer(3), algorithms, content, certificates, der(0x31, der(0x30, *signer, der(4, signature)))]
        return der(0x30, OIDS["signedData"], der(0xA0, der(0x30, *data)))


def granted(token: bytes) -> bytes:
    """The response that grants a token."""
    return der(0x30, der(0x30, integer(0)), token)


def refused(words: str) -> bytes:
    """The response that grants none."""
    return der(0x30, der(0x30, integer(2), der(0x30, der(0x0C, words.encode()))))


def der(tag: int, *content: bytes) -> bytes:
    data = b"".join(content)
    size = len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([len(data)]) if len(data) < 128 else bytes([0x80 | len(size)]) + size) + data


def integer(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text: str) -> bytes:
    """An object identifier, ITU-T X.690 section 8.19."""
    first, second, *rest = map(int, text.split("."))
    out = b""
    for number in (first * 40 + second, *rest):
        piece = [number & 0x7F]
        while number := number >> 7:
            piece.append(number & 0x7F | 0x80)
        out += bytes(reversed(piece))
    return der(6, out)


NULL = b"\x05\x00"
OIDS = {
    name: oid(text)
    for name, text in {
        "sha1": "1.3.14.3.2.26",
        "sha256": "2.16.840.1.101.3.4.2.1",
        "sha512": "2.16.840.1.101.3.4.2.3",
        "ecdsa": "1.2.840.10045.4.3.2",
        "signedData": "1.2.840.113549.1.7.2",
        "TSTInfo": "1.2.840.113549.1.9.16.1.4",
        "contentType": "1.2.840.113549.1.9.3",
        "messageDigest": "1.2.840.113549.1.9.4",
        "signingCertificateV2": "1.2.840.113549.1.9.16.2.47",
        "policy": "1.2.3.4.1",
    }.items()
}


def _bytes(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _signing(certificate: x509.Certificate) -> bytes:
    return der(0x30, der(0x30, der(0x30, der(4, hashlib.sha256(_bytes(certificate)).digest()))))


@contextlib.contextmanager
def serving(answer: object) -> Iterator[str]:
    """A server for one thread's test: `answer` maps a request's body to (status, content type, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, data = answer(body)  # type: ignore[operator]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status in (301, 302, 307):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsa"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
