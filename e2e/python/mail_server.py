"""A mail server that keeps every mail as a file: mail_server.py FOLDER. Says on which port it listens."""

import asyncio
import pathlib
import sys

from aiosmtpd.smtp import SMTP

folder = pathlib.Path(sys.argv[1])


class Keep:
    count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        draft = folder / f".{self.count}"
        draft.write_bytes(f"To: {', '.join(envelope.rcpt_tos)}\n".encode() + envelope.original_content)
        draft.rename(folder / f"{self.count}.eml")
        return "250 kept"


async def main():
    keep = Keep()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(keep, hostname="mail.example"), "127.0.0.1", 0)
    print(f"listening on port {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
