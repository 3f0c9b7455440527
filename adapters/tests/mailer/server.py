"""A mail server as a stranger writes it, with the public library `aiosmtpd`.

    server.py FOLDER none|starttls|implicit [CERTIFICATE KEY] [USER PASSWORD]

Prints its port. What it does with a mail stands in the recipient's name: `grey…` is put off the first time, `nobody…` is refused at once,
`spam…` after it was read, `cut…` breaks the connection; every other mail becomes a file in FOLDER.
"""

import asyncio
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, tls, *rest = sys.argv[1:]
folder = pathlib.Path(folder)
context = None
if tls != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*rest[:2])
    rest = rest[2:]
known = [word.encode() for word in rest]
put_off = set()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 there is no such mailbox"
        if address.startswith("grey") and address not in put_off:
            put_off.add(address)
            return "451 4.7.1 greylisted, come back in a minute"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("cut"):
            server.transport.abort()
            return "250 OK"
        if envelope.rcpt_tos[0].startswith("spam"):
            return "554 5.7.1 that looks like spam"
        mail = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "hidden": session.ssl is not None or tls == "implicit",
            "signed_in": bool(session.authenticated),
            "content": envelope.original_content.decode(),
        }
        (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps(mail))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=[data.login, data.password] == known)


def server():
    return SMTP(
        Handler(),
        hostname="mail.example",
        tls_context=context if tls == "starttls" else None,
        require_starttls=tls == "starttls",
        authenticator=authenticate if known else None,
        auth_required=bool(known),
        auth_require_tls=tls != "implicit",
    )


async def main():
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=context if tls == "implicit" else None)
    print(f"listening on {listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


asyncio.run(main())
