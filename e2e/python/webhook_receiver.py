"""A webhook receiver as a stranger writes it, with the public library `standardwebhooks`.

Prints its port. What it shall do comes by POST:
  /secrets  ["whsec_…", …]   what it verifies with
  /answers  [500, 0, …]      the next statuses; 0 takes the request and never answers; 204 when there are none
GET /seen answers what has arrived: id, body, which secrets verified it, and whether a changed body was refused by all.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

told = {"/secrets": [], "/answers": []}
seen = []
lock = threading.Lock()


def verifies(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
        return True
    except WebhookVerificationError:
        return False


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path in told:
            told[self.path] = json.loads(body)
            return self.answer(204)
        headers = {name.lower(): value for name, value in self.headers.items()}
        changed = body.replace("{", "{ ", 1)
        with lock:
            seen.append(
                {
                    "path": self.path,
                    "id": headers["webhook-id"],
                    "body": json.loads(body),
                    "verified": [verifies(secret, body, headers) for secret in told["/secrets"]],
                    "changed_refused": not any(verifies(secret, changed, headers) for secret in told["/secrets"]),
                }
            )
            silent = self.path == "/silent"
            status = 0 if silent else told["/answers"].pop(0) if told["/answers"] else 204
        if status == 0:
            threading.Event().wait()
        self.answer(status)

    def do_GET(self):
        with lock:
            self.answer(200, json.dumps(seen).encode())

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
print(f"listening on {server.server_port}", flush=True)
server.serve_forever()
