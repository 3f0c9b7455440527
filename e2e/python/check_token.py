"""Checks an access token as another service would: with PyJWT, by the keys that the API publishes.

    check_token.py URL <token      prints the header and the claims, or the name of what is wrong
"""

import json
import sys

import jwt

token = sys.stdin.read().strip()
try:
    key = jwt.PyJWKClient(sys.argv[1], cache_keys=False).get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key.key, algorithms=["EdDSA"], options={"require": ["sub", "iat", "exp"]})
    print(json.dumps({"header": jwt.get_unverified_header(token), "claims": claims}))
except jwt.PyJWTError as error:
    print(json.dumps({"refused": type(error).__name__}))
