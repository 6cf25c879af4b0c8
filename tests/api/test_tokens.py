"""Forged and odd access tokens: each gets the same 401, byte for byte.

The forger below knows the server's secret, so that every check beyond the signature is reached; the
first test proves that it can make a token that is accepted."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from support import program
from support.client import same_problem
from support.people import Person, expect, unused_name

HEADER = '{"alg":"HS256","typ":"JWT"}'
RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PUBLIC = RSA.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)


def hmac_sha256(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


# HKDF (RFC 5869) as src/auth/secret.c does it.
KEY = hmac_sha256(hmac_sha256(b"fasti", program.SECRET.encode()), b"fasti access\x01")


def encode(data):
    data = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment):
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def seal(signed, key=KEY):
    return signed + "." + encode(hmac_sha256(key, signed.encode()))


def forge(claims, header=HEADER, key=KEY):
    """A token with a right signature; claims and header as objects or as JSON text."""
    header = header if isinstance(header, (str, bytes)) else json.dumps(header)
    claims = claims if isinstance(claims, (str, bytes)) else json.dumps(claims)
    return seal(encode(header) + "." + encode(claims), key)


class Forger:
    """Starts from a token that is good."""

    def __init__(self, token):
        self.token = token
        self.head, self.body, self.signature = token.split(".")
        self.claims = json.loads(decode(self.body))

    def with_claims(self, **changed):
        claims = {**self.claims, **changed}
        return forge({name: value for name, value in claims.items() if value is not ...})

    def with_header(self, header, digest=None):
        header = header if isinstance(header, (str, bytes)) else json.dumps(header)
        signed = encode(header) + "." + self.body
        if digest is None:
            return seal(signed)
        return signed + "." + encode(hmac.new(KEY, signed.encode(), digest).digest())


def header(**members):
    return {"alg": "HS256", "typ": "JWT", **members}


HEADERS = {
    **{
        f"alg {name!r}": header(alg=name)
        for name in (
            "none",
            "None",
            "nOnE",
            "",
            None,
            7,
            ["HS256"],
            "HS256 ",
            "hs256",
            "HS384",
            "HS512",
        )
        + ("RS256", "ES256", "EdDSA", "PS256", "HS1", "dir", "unknown", {"a": 1}, True)
    },
    "alg missing": {"typ": "JWT"},
    **{
        f"kid {str(name)[:20]!r}": header(kid=name)
        for name in (
            "unknown",
            "../../dev/null",
            "' OR 1=1--",
            "x" * 2500,
            7,
            "\0",
            "/dev/null",
            None,
        )
    },
    "jwk": header(jwk={"kty": "oct", "k": encode(KEY)}),
    "jku": header(jku="http://127.0.0.1:1/keys"),
    "x5u": header(x5u="http://127.0.0.1:1/cert"),
    "x5c": header(x5c=["MIIB"]),
    "crit": header(crit=["exp"]),
    "crit empty": header(crit=[]),
    "crit unknown": header(crit=["future"], future=True),
    "b64": header(b64=False, crit=["b64"]),
    "zip": header(zip="DEF"),
    "cty": header(cty="JWT"),
    "typ refresh": header(typ="refresh"),
    "typ at+jwt": header(typ="at+jwt"),
    "typ missing": {"alg": "HS256"},
    "members in another order": '{"typ":"JWT","alg":"HS256"}',
    "a space": '{"alg": "HS256","typ":"JWT"}',
    "a member twice": '{"alg":"none","alg":"HS256","typ":"JWT"}',
    "a member twice, escaped": '{"alg":"HS256","typ":"JWT","\\u0061lg":"none"}',
    "an array": '["HS256"]',
    "a byte order mark": "\ufeff" + HEADER,
    "UTF-16": HEADER.encode("utf-16"),
    "trailing bytes": HEADER + "x",
    "empty object": "{}",
    "no JSON": "nonsense",
}

NOW = int(time.time())
CLAIMS = {
    "exp past": {"exp": NOW - 1},
    "exp long past": {"exp": NOW - 100_000, "iat": NOW - 200_000, "nbf": NOW - 200_000},
    "exp missing": {"exp": ...},
    "exp text": {"exp": str(NOW + 1000)},
    "exp negative": {"exp": -1},
    "exp zero": {"exp": 0},
    "exp float": {"exp": NOW + 1000.5},
    "exp 1e308": {"exp": 1e308},
    "exp 2^63": {"exp": 2**63},
    "exp 2^64": {"exp": 2**64},
    "exp null": {"exp": None},
    "exp list": {"exp": [NOW + 1000]},
    "exp true": {"exp": True},
    "nbf future": {"nbf": NOW + 3600},
    "nbf text": {"nbf": "0"},
    "iat future": {"iat": NOW + 3600},
    "iat missing": {"iat": ...},
    "iat text": {"iat": "0"},
    "iss wrong": {"iss": "somebody"},
    "iss missing": {"iss": ...},
    "iss list": {"iss": ["fasti"]},
    "iss null": {"iss": None},
    "aud wrong": {"aud": "others"},
    "aud missing": {"aud": ...},
    "aud list without us": {"aud": ["others", "more"]},
    "aud empty": {"aud": []},
    "sub missing": {"sub": ...},
    "sub number": {"sub": 1},
    "sub empty": {"sub": ""},
    "sub nobody": {"sub": "999999999"},
    "sub zero": {"sub": "0"},
    "sub negative": {"sub": "-1"},
    "sub with a zero": {"sub": "01"},
    "sub with a sign": {"sub": "+1"},
    "sub with a space": {"sub": " 1"},
    "sub text": {"sub": "root"},
    "sub SQL": {"sub": "1 OR 1=1"},
    "sub huge": {"sub": "9" * 40},
    "sub list": {"sub": ["1"]},
    "sub null": {"sub": None},
    "sub of another": {"sub": "1"},
    "sid missing": {"sid": ...},
    "sid unknown": {"sid": 999_999_999},
    "sid text": {"sid": "1"},
    "sid negative": {"sid": -1},
    "sid zero": {"sid": 0},
    "sid float": {"sid": 1.0},
    "typ refresh": {"typ": "refresh"},
    "typ missing": {"typ": ...},
    "a role": {"is_admin": True},
    "a scope": {"scope": "admin"},
}
BODIES = {
    "duplicate sub": lambda claims: json.dumps(claims)[:-1] + ', "sub": "1"}',
    "escaped duplicate sub": lambda claims: json.dumps(claims)[:-1] + ', "s\\u0075b": "1"}',
    "an array": lambda claims: json.dumps([claims]),
    "text": lambda claims: json.dumps(json.dumps(claims)),
    "null": lambda claims: "null",
    "empty": lambda claims: "",
    "empty object": lambda claims: "{}",
    "trailing comma": lambda claims: json.dumps(claims)[:-1] + ",}",
    "trailing bytes": lambda claims: json.dumps(claims) + "x",
    "a byte order mark": lambda claims: "\ufeff" + json.dumps(claims),
    "UTF-16": lambda claims: json.dumps(claims).encode("utf-16"),
    "a NUL at the end": lambda claims: json.dumps(claims) + "\0",
    "invalid UTF-8": lambda claims: json.dumps(claims).encode()[:-1] + b',"x":"\xff"}',
    "deep": lambda claims: json.dumps(claims)[:-1] + ',"x":' + "[" * 900 + "]" * 900 + "}",
}


def last_letter_changed(text):
    """The same bytes for a lax decoder: another letter that differs in the unused bits only."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + letters[letters.index(text[-1]) ^ 1]


FORMS = {
    "one segment": lambda f: f.head,
    "two segments": lambda f: f"{f.head}.{f.body}",
    "four segments": lambda f: f"{f.token}.{f.signature}",
    "five segments": lambda f: f"{f.token}.a.b",
    "no header": lambda f: f".{f.body}.{f.signature}",
    "no claims": lambda f: f"{f.head}..{f.signature}",
    "no signature": lambda f: f"{f.head}.{f.body}.",
    "only dots": lambda f: "..",
    "JSON serialisation": lambda f: json.dumps(
        {"protected": f.head, "payload": f.body, "signature": f.signature}
    ),
    "padded": lambda f: f.token + "=",
    "padded claims": lambda f: f"{f.head}.{f.body}=.{f.signature}",
    "quoted": lambda f: f'"{f.token}"',
    "a space inside": lambda f: f"{f.head}. {f.body}.{f.signature}",
    "a tab inside": lambda f: f"{f.head}.\t{f.body}.{f.signature}",
    "a comma after": lambda f: f"{f.token},{f.token}",
    "percent-encoded dot": lambda f: f.token.replace(".", "%2E", 1),
    "plus instead of minus": lambda f: f"{f.head}.{f.body}.+{f.signature[1:]}",
    "unused bits set": lambda f: f"{f.head}.{f.body}.{last_letter_changed(f.signature)}",
    "first bit of the signature": lambda f: f"{f.head}.{f.body}."
    + encode(bytes([decode(f.signature)[0] ^ 128]) + decode(f.signature)[1:]),
    "signature cut": lambda f: f.token[:-1],
    "signature cut by half": lambda f: f.token[:-20],
    "signature longer": lambda f: f.token + "A",
    "signature of nothing": lambda f: f"{f.head}.{f.body}." + encode(hmac_sha256(KEY, b"")),
    "signed with no key": lambda f: seal(f"{f.head}.{f.body}", b""),
    "signed with the secret itself": lambda f: seal(f"{f.head}.{f.body}", program.SECRET.encode()),
    "signed with another key": lambda f: seal(f"{f.head}.{f.body}", b"x" * 32),
    "signed with a public key": lambda f: seal(f"{f.head}.{f.body}", RSA_PUBLIC),
    "HS384 of our key": lambda f: f.with_header(header(alg="HS384"), "sha384"),
    "HS512 of our key": lambda f: f.with_header(header(alg="HS512"), "sha512"),
    "RS256": lambda f: f"{f.head}.{f.body}."
    + encode(RS256.sign(f"{f.head}.{f.body}".encode(), RSA)),
    "5 KiB": lambda f: f.token + "A" * 5000,
    "claims swapped": lambda f: ".".join(
        (f.head, encode(json.dumps({**f.claims, "sub": "1"})), f.signature)
    ),
    "letters": lambda f: "nonsense",
    "punctuation": lambda f: "!!!.???.###",
    "bytes beyond ASCII": lambda f: f.token[:-3] + "\u00e9\u00e9\u00e9",
}
TRIES = (
    [pytest.param("header", value, id=f"header {name}") for name, value in HEADERS.items()]
    + [pytest.param("claims", value, id=f"claims {name}") for name, value in CLAIMS.items()]
    + [pytest.param("body", value, id=f"body {name}") for name, value in BODIES.items()]
    + [pytest.param("form", value, id=f"form {name}") for name, value in FORMS.items()]
)
_forgers = {}


@pytest.fixture
def forger(client):
    if client not in _forgers:
        _forgers[client] = Forger(Person(client, unused_name("forger")).token)
    return _forgers[client]


def ask(client, token):
    return client.request("GET", "/api/users/me", token=token)


def test_the_forger_can_make_a_token_that_is_accepted(client, forger):
    expect(ask(client, forge(forger.claims)), 200)
    expect(ask(client, forger.with_claims(exp=NOW + 600)), 200)
    assert len(TRIES) >= 80


@pytest.mark.parametrize("kind, value", TRIES)
def test_a_token_that_is_not_ours_gets_the_one_401(client, forger, kind, value):
    if kind == "header":
        token = forger.with_header(value)
    elif kind == "claims":
        token = forger.with_claims(**value)
    elif kind == "body":
        token = forge(value(forger.claims))
    else:
        token = value(forger)
    reply = expect(ask(client, token), 401)
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]
    assert same_problem(reply, expect(ask(client, "nonsense"), 401))


def test_a_forgery_that_would_write_writes_nothing(client, amira):
    made = amira.creates()
    forged = Forger(amira.token).with_claims(exp=NOW - 10)
    reply = client.request("PATCH", f"/api/events/{made['id']}", {"title": "Forged"}, token=forged)
    expect(reply, 401)
    assert amira.sees(made["id"])["title"] == "Town hall"


def test_without_a_token_the_challenge_is_bare(client):
    reply = expect(client.request("GET", "/api/users/me"), 401)
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_taken_in_any_case(client, amira, scheme):
    headers = [("Authorization", f"{scheme} {amira.token}")]
    expect(client.request("GET", "/api/users/me", headers=headers), 200)


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "{0}", "Bearer{0}"]
)
def test_another_form_of_authorization_is_401(client, amira, value):
    headers = [("Authorization", value.format(amira.token))]
    expect(client.request("GET", "/api/users/me", headers=headers), 401)


def test_a_token_in_the_query_is_no_token(client, amira):
    for name in ("access_token", "token"):
        reply = client.request("GET", "/api/users/me", query={name: amira.token})
        assert reply.status in (400, 401)


def test_a_refresh_token_is_no_access_token(client, amira):
    expect(ask(client, amira.refresh_token), 401)


def test_a_token_of_an_installation_with_another_secret_is_refused(client, start):
    other = start(SECRET_KEY="quite another secret of 32 bytes, 9876543210")
    stranger = Person(other.client, unused_name("elsewhere"))
    expect(ask(client, stranger.token), 401)


def test_a_token_expires(start):
    server = start(ACCESS_TOKEN_EXPIRE_MINUTES="1")
    person = Person(server.client, unused_name("brief"))
    claims = json.loads(decode(person.token.split(".")[1]))
    assert 55 <= claims["exp"] - time.time() <= 60


def test_a_token_carries_no_rights_and_nothing_private(forger):
    assert set(forger.claims) <= {"iss", "aud", "typ", "sub", "sid", "iat", "nbf", "exp"}
