#!/usr/bin/python3
"""Our tokens against PyJWT and our hashes against bcrypt, both ways: 0 differences.

    tokens.py <probe> [cases, 300]

What PyJWT refuses (expired, wrong key, wrong audience) we refuse. The other way round does not
hold: we also refuse what RFC 7519 allows and we never issue.
"""

import random
import subprocess
import sys
import time

try:
    import bcrypt
    import jwt
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

KEY = "0123456789abcdef0123456789abcdef"
LETTERS = "abcXYZ 019-_.$!\u00e9\u00df\u20ac\U0001f511"


class Probe:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, encoding="utf-8")

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")


def pyjwt_reads(token, key=KEY):
    try:
        return jwt.decode(token, key, algorithms=["HS256"], audience="fasti", issuer="fasti",
                          options={"require": ["exp", "sub"]})
    except jwt.InvalidTokenError:
        return None


def random_claims(dice, now):
    return {"iss": "fasti", "aud": "fasti", "typ": "access", "sub": str(dice.randrange(1, 2**63)),
            "sid": dice.randrange(1, 2**63), "iat": now - dice.randrange(0, 10**6),
            "nbf": now - dice.randrange(0, 10**6),
            "exp": now + dice.choice([-3600, -60, 60, 3600, 10**9])}


def check_ours(probe, dice, now):
    """PyJWT reads in our token what we were told to write, unless it has expired."""
    claims = random_claims(dice, now)
    token = probe.ask("issue", claims["sub"], claims["sid"], claims["iat"], claims["exp"])
    expected = {**claims, "nbf": claims["iat"]} if claims["exp"] > now else None
    assert pyjwt_reads(token) == expected, (token, claims)
    assert pyjwt_reads(token, KEY[::-1]) is None, token


def check_theirs(probe, dice, now):
    """We read in PyJWT's token what PyJWT wrote, and refuse what PyJWT refuses."""
    claims = random_claims(dice, now)
    order = list(claims.items())
    dice.shuffle(order)
    claims = dict(order)
    if dice.random() < 0.3:
        claims[dice.choice(["iss", "aud"])] = dice.choice(["other", "fast", ""])
    key = dice.choice([KEY, KEY, KEY, KEY[:-1] + "x"])
    algorithm = dice.choice(["HS256", "HS256", "HS256", "HS384", "HS512"])
    token = jwt.encode(claims, key, algorithm=algorithm)
    expected = "refused"
    if pyjwt_reads(token) is not None:
        expected = f"{claims['sub']} {claims['sid']} {claims['iat']} {claims['exp']}"
    assert probe.ask("verify", now, token) == expected, (token, claims, expected)


def check_passwords(probe, dice):
    password = "".join(dice.choice(LETTERS) for _ in range(dice.randrange(1, 20)))
    wrong = password + "x"
    salt = bcrypt.gensalt(4, prefix=dice.choice([b"2a", b"2b"]))
    theirs = bcrypt.hashpw(password.encode(), salt).decode()
    ours = probe.ask("hash", 4, password)
    assert probe.ask("match", theirs, password) == "yes", (theirs, password)
    assert probe.ask("match", theirs, wrong) == "no", (theirs, password)
    assert bcrypt.checkpw(password.encode(), ours.encode()), (ours, password)
    assert not bcrypt.checkpw(wrong.encode(), ours.encode()), (ours, password)


def main():
    probe = Probe(sys.argv[1])
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    print(f"seed {seed}")
    for _ in range(cases):
        now = int(time.time())  # PyJWT judges by the system's clock
        check_ours(probe, dice, now)
        check_theirs(probe, dice, now)
        check_passwords(probe, dice)
    print(f"{cases} tokens of ours, {cases} of PyJWT's, {2 * cases} hashes: no difference")


if __name__ == "__main__":
    main()
