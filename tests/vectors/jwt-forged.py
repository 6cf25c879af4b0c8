#!/usr/bin/env python3
"""Makes jwt-forged.txt: tokens that must not be let in, written without our code.

    python3 jwt-forged.py > jwt-forged.txt

A line is "name: token". In the token every byte outside printable ASCII, the blank and '%' are
written as %XX. All are judged at NOW with KEY; the first line is the good one they were made from.
"""
import base64
import hashlib
import hmac
import json

NOW = 1_800_000_000
KEY = bytes(range(32))
HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS = {"iss": "fasti", "aud": "fasti", "typ": "access", "sub": "7", "sid": 42,
          "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 1740}
# An RSA public key, as a verifier that mixes up algorithms would use it for HMAC.
PUBLIC_KEY = b"""\
-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf
9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==
-----END PUBLIC KEY-----
"""


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def text(value):
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()


def token(header=HEADER, claims=CLAIMS, key=KEY, digest=hashlib.sha256):
    signed = b64(text(header)) + "." + b64(text(claims))
    return signed + "." + b64(hmac.new(key, signed.encode(), digest).digest())


def with_header(**members):
    return token(header={**HEADER, **members})


def with_claims(**members):
    return token(claims={**CLAIMS, **members})


def without_claim(name):
    return token(claims={k: v for k, v in CLAIMS.items() if k != name})


def raw_claims(old, new):
    """The signed text of the claims with one part exchanged."""
    assert old in text(CLAIMS)
    return token(claims=text(CLAIMS).replace(old, new))


def algorithms():
    unsigned = b64(text({**HEADER, "alg": "none"})) + "." + b64(text(CLAIMS)) + "."
    yield "alg none, no signature", unsigned
    yield "alg none, two segments", unsigned[:-1]
    for alg in ("none", "None", "nOnE", "NONE", "", None, 256, ["HS256"], "HS256 ", " HS256",
                "hs256", "HS256\u0000", "HS1", "RS256", "ES256", "PS256", "EdDSA", "dir", "A128KW"):
        yield f"alg {json.dumps(alg)}", with_header(alg=alg)
    yield "alg missing", token(header={"typ": "JWT"})
    yield "HS384 with our key", token(header={**HEADER, "alg": "HS384"}, digest=hashlib.sha384)
    yield "HS512 with our key", token(header={**HEADER, "alg": "HS512"}, digest=hashlib.sha512)
    yield "our header, HS384 signature", token(digest=hashlib.sha384)
    yield "our header, SHA-1 signature", token(digest=hashlib.sha1)
    yield "signed with a public key", token(key=PUBLIC_KEY)
    yield "RS256 header signed with a public key", token(
        header={**HEADER, "alg": "RS256"}, key=PUBLIC_KEY)
    yield "zero-length key", token(key=b"")
    yield "key of zeros", token(key=bytes(32))
    yield "key in hexadecimal", token(key=KEY.hex().encode())
    signed = b64(text(HEADER)) + "." + b64(text(CLAIMS))
    yield "plain SHA-256 as signature", signed + "." + b64(hashlib.sha256(signed.encode()).digest())


def headers():
    for kid in ("1", "../../dev/null", "' OR 1=1--", 7, "\u0000", "k" * 1500):
        yield f"kid {json.dumps(kid)[:24]}", with_header(kid=kid)
    yield "kid names /dev/null, signed with nothing", token(
        header={**HEADER, "kid": "/dev/null"}, key=b"")
    yield "jwk", with_header(jwk={"kty": "oct", "k": b64(KEY)})
    yield "jku", with_header(jku="https://example.org/keys")
    yield "x5u", with_header(x5u="https://example.org/cert")
    yield "x5c", with_header(x5c=["MIIB"])
    yield "crit", with_header(crit=["exp"])
    yield "crit empty", with_header(crit=[])
    yield "b64 false", with_header(b64=False, crit=["b64"])
    yield "zip", with_header(zip="DEF")
    yield "cty JWT", with_header(cty="JWT")
    yield "header typ at+jwt", with_header(typ="at+jwt")
    yield "header typ missing", token(header={"alg": "HS256"})
    yield "header alg twice", token(header=b'{"alg":"none","alg":"HS256","typ":"JWT"}')
    yield "header members exchanged", token(header={"typ": "JWT", "alg": "HS256"})
    yield "header with a blank", token(header=b'{"alg":"HS256", "typ":"JWT"}')
    yield "header array", token(header=[HEADER])
    yield "header with BOM", token(header=b"\xef\xbb\xbf" + text(HEADER))
    yield "header in UTF-16", token(header=text(HEADER).decode().encode("utf-16"))
    yield "header with trailing bytes", token(header=text(HEADER) + b" ")
    yield "header empty object", token(header={})
    yield "header no JSON", token(header=b"HS256")


def forms():
    good = token()
    head, body, signature = good.split(".")
    yield "empty", ""
    yield "one segment", head
    yield "two segments", f"{head}.{body}"
    yield "four segments", good + ".x"
    yield "five segments, as an encrypted token", f"{head}.{body}.{signature}.a.b"
    yield "trailing dot", good + "."
    yield "leading dot", "." + good
    yield "only dots", ".."
    yield "empty header", f".{body}.{signature}"
    yield "empty claims", f"{head}..{signature}"
    yield "empty claims, signed", token(claims=b"")
    yield "empty signature", f"{head}.{body}."
    yield "JSON serialisation", json.dumps(
        {"protected": head, "payload": body, "signature": signature})
    yield "padded signature", good + "="
    padded = head + "." + base64.urlsafe_b64encode(text(CLAIMS) + b" ").decode()
    yield "padded claims, signed", padded + "." + b64(
        hmac.new(KEY, padded.encode(), hashlib.sha256).digest())
    standard = token(claims={**CLAIMS, "sub": "7"}).replace("-", "+").replace("_", "/")
    yield "signature with + for -", f"{head}.{body}.{'+' + standard[-42:]}"
    yield "blank before", " " + good
    yield "blank behind", good + " "
    yield "line end behind", good + "\n"
    yield "tab within", f"{head}.{body[:9]}\t{body[9:]}.{signature}"
    yield "line end within", f"{head}.{body[:9]}\r\n{body[9:]}.{signature}"
    yield "percent-encoded dot", f"{head}%2e{body}.{signature}"
    yield "bearer before", "Bearer " + good
    yield "quoted", f'"{good}"'
    yield "byte beyond ASCII", f"{head}.{body[:-1]}\u00e9.{signature}"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    for spare in (1, 2, 3):
        yield f"spare bits of the signature {spare}", good[:-1] + alphabet[last | spare]
    yield "signature cut by one", good[:-1]
    yield "signature cut to half", f"{head}.{body}.{signature[:22]}"
    yield "signature longer by one", good + "A"
    yield "signature longer by a block", good + "AAAA"
    yield "signature of another token", f"{head}.{body}." + with_claims(sub="8").rsplit(".", 1)[1]
    yield "first character of the signature changed", (
        f"{head}.{body}." + ("B" if signature[0] == "A" else "A") + signature[1:])
    yield "claims exchanged under the signature", ".".join(
        (head, b64(text({**CLAIMS, "sub": "1"})), signature))
    yield "longer than 4 KiB", with_claims(sub="7" * 4096)
    yield "header lower-case", good.lower()


def times():
    for name in ("exp", "nbf", "iat"):
        right = CLAIMS[name]
        for value in (str(right), None, True, -1, 0, float(right), [right], {}):
            yield f"{name} {json.dumps(value)}", with_claims(**{name: value})
        yield f"{name} missing", without_claim(name)
        number = f'"{name}":{right}'.encode()
        yield f"{name} 1e308", raw_claims(number, f'"{name}":1e308'.encode())
        yield f"{name} 1e400", raw_claims(number, f'"{name}":1e400'.encode())
        yield f"{name} 2^63", raw_claims(number, f'"{name}":{2**63}'.encode())
        yield f"{name} 2^64 and its own value", raw_claims(
            number, f'"{name}":{2**64 + right}'.encode())
        yield f"{name} Infinity", raw_claims(number, f'"{name}":Infinity'.encode())
        yield f"{name} twice", raw_claims(number, number + b"," + number)
    yield "exp now", with_claims(exp=NOW)
    yield "exp a second ago", with_claims(exp=NOW - 1)
    yield "exp long ago", with_claims(exp=1)
    yield "exp after the year 9999", with_claims(exp=253402300800)
    yield "exp 2^63 - 1", with_claims(exp=2**63 - 1)
    yield "nbf in 31 seconds", with_claims(nbf=NOW + 31)
    yield "iat in 31 seconds", with_claims(iat=NOW + 31)
    yield "iat 2^63 - 1", with_claims(iat=2**63 - 1)


def claims():
    for name in ("iss", "aud", "typ"):
        for value in ("", "Fasti", "fasti ", "fasti\u0000", "https://fasti", ["fasti"],
                      ["other"], None, 7, {}):
            yield f"{name} {json.dumps(value)}", with_claims(**{name: value})
        yield f"{name} missing", without_claim(name)
    for typ in ("refresh", "reset", "cursor", "Access"):
        yield f"typ {typ}", with_claims(typ=typ)
    for sub in ("", "0", "-7", "+7", "07", " 7", "7 ", "0x7", "7.0", "7e0", "\u0667", "amira",
                str(2**63), "9" * 40, 7, 7.5, None, True, ["7"], {"id": "7"}, "7\u0000"):
        yield f"sub {json.dumps(sub)}", with_claims(sub=sub)
    for sid in ("42", 0, -42, 42.0, None, True, [42], {}):
        yield f"sid {json.dumps(sid)}", with_claims(sid=sid)
    for name in ("sub", "sid"):
        yield f"{name} missing", without_claim(name)
    yield "sub twice", raw_claims(b'"sub":"7"', b'"sub":"8","sub":"7"')
    yield "sub twice by an escape", raw_claims(b'"sub":"7"', b'"sub":"7","s\\u0075b":"1"')
    yield "sid twice", raw_claims(b'"sid":42', b'"sid":1,"sid":42')
    for extra in ("jti", "role", "is_admin", "scope", "__proto__"):
        yield f"unknown claim {extra}", with_claims(**{extra: "admin"})
    yield "unknown claim for a known one", token(
        claims={("admin" if k == "nbf" else k): v for k, v in CLAIMS.items()})
    yield "claims array", token(claims=[CLAIMS])
    yield "claims text", token(claims="fasti")
    yield "claims null", token(claims=None)
    yield "claims no JSON", token(claims=b"sub=7")
    yield "claims cut", token(claims=text(CLAIMS)[:-1])
    yield "claims with trailing bytes", token(claims=text(CLAIMS) + b"x")
    yield "claims with NUL behind", token(claims=text(CLAIMS) + b"\x00")
    yield "claims twice", token(claims=text(CLAIMS) * 2)
    yield "claims with BOM", token(claims=b"\xef\xbb\xbf" + text(CLAIMS))
    yield "claims in UTF-16", token(claims=text(CLAIMS).decode().encode("utf-16"))
    yield "claims with a comment", token(claims=text(CLAIMS)[:-1] + b"/**/}")
    yield "claims with a trailing comma", token(claims=text(CLAIMS)[:-1] + b",}")
    yield "claims in invalid UTF-8", raw_claims(b'"sub":"7"', b'"sub":"7\xff"')


def escape(value):
    return "".join(chr(b) if 0x20 < b < 0x7f and b != 0x25 else f"%{b:02X}" for b in value.encode())


if __name__ == "__main__":
    print(f"good: {token()}")
    for group in (algorithms, headers, forms, times, claims):
        for name, forged in group():
            print(f"{name}: {escape(forged)}".replace("\n", " "))
