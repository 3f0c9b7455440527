"""A mail server as providers run them: STARTTLS first, then a password, and every mail is kept as a file.

mail_server.py FOLDER says on which port it listens. `FOLDER/ca.pem` is the authority that has signed for `localhost`.
"""

import asyncio
import datetime
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

folder = pathlib.Path(sys.argv[1])
WHO = LoginPassword(b"tallyman", b"correct horse")


def certificate(name, key, issuer, issuer_key, is_authority):
    now = datetime.datetime.now(datetime.timezone.utc)
    called = lambda text: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
    builder = x509.CertificateBuilder().subject_name(called(name)).issuer_name(called(issuer)).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def tls():
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.pem").write_bytes(certificate("authority.example", authority, "authority.example", authority, True).public_bytes(Encoding.PEM))
    chain = folder / "server.pem"
    chain.write_bytes(
        certificate("localhost", key, "authority.example", authority, False).public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    return context


def knows(server, session, envelope, mechanism, data):
    return AuthResult(success=data == WHO, handled=False)


class Keep:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        draft = folder / f".{self.count}"
        draft.write_bytes(f"To: {', '.join(envelope.rcpt_tos)}\n".encode() + envelope.original_content)
        draft.rename(folder / f"{self.count}.eml")
        return "250 kept"


async def main():
    keep, context = Keep(), tls()
    options = {"hostname": "localhost", "tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": knows}
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keep, **options), "127.0.0.1", 0)
    print(f"listening on port {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
