"""Signs a new user up for each request, because a request may end its session or delete its user."""

import itertools
import json
import os
import urllib.request

import schemathesis

API = os.environ["OPENAPI_API"]
ORIGIN = os.environ["OPENAPI_ORIGIN"]
NUMBERS = itertools.count()


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    def get(self, case, context):
        user = {
            "name": "Ann",
            "email": f"ann-{os.getpid()}-{next(NUMBERS)}@shop.example",
            "password": "correct-horse-battery-staple",
        }
        request = urllib.request.Request(
            f"{API}/sign-up/email",
            data=json.dumps(user).encode(),
            headers={"Content-Type": "application/json", "Origin": ORIGIN},
        )
        with urllib.request.urlopen(request) as answer:
            cookies = answer.headers.get_all("Set-Cookie")
        return "; ".join(cookie.split(";")[0] for cookie in cookies)

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Cookie": data, "Origin": ORIGIN}
