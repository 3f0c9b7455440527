"""An identity provider as Google is one. Says on which port it listens.

It publishes a key of either kind, `rsa` and `ec`, and has one more, `new`, that nobody knows of yet.
`GET /token?key=rsa&sub=1&email=…` answers a token that this key has signed for the audience `tallyman`.
"""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

private = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "new": ec.generate_private_key(ec.SECP256R1()),
}
algorithm = {"rsa": "RS256", "ec": "ES256", "new": "ES256"}


def jwk(name):
    maker = RSAAlgorithm if name == "rsa" else ECAlgorithm
    return json.loads(maker.to_jwk(private[name].public_key())) | {"kid": name, "use": "sig", "alg": algorithm[name]}


class Issuer(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        base = f"http://127.0.0.1:{self.server.server_port}"
        if url.path == "/.well-known/openid-configuration":
            self.answer({"issuer": base, "jwks_uri": f"{base}/keys"})
        elif url.path == "/keys":
            self.answer({"keys": [jwk("rsa"), jwk("ec")]})
        elif url.path == "/token":
            asked = dict(parse_qsl(url.query))
            key, now = asked.pop("key"), int(time.time())
            claims = {"iss": base, "aud": "tallyman", "iat": now, "exp": now + 3600, "email_verified": True} | asked
            self.answer({"id_token": jwt.encode(claims, private[key], algorithm[key], headers={"kid": key})})
        else:
            self.send_error(404)

    def answer(self, document):
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "public, max-age=3600")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
print(f"listening on port {server.server_port}", flush=True)
server.serve_forever()
