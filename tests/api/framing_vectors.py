"""Hostile and odd HTTP/1.1, byte for byte.

A vector is its name, the bytes, the statuses that are right, and what becomes of the connection.
After each refused vector a second, sound request is sent in the same write: it must never be
answered, or two parsers in a row could be made to see different requests.
"""

import ctypes
from typing import NamedTuple

_microhttpd = ctypes.CDLL("libmicrohttpd.so.12")
_microhttpd.MHD_get_version.restype = ctypes.c_char_p
IS_0_9 = _microhttpd.MHD_get_version().startswith(b"0.9.")  # Debian 12; Debian 13 has 1.0

CLOSED, OPEN, ANY = "closed", "open", "any"


class Vector(NamedTuple):
    name: str
    data: bytes
    statuses: tuple
    connection: str = CLOSED


def by_release(before_1_0, since_1_0):
    return before_1_0 if IS_0_9 else since_1_0


HEALTH = b"/healthz"
LOGIN = b"/api/auth/login"
BODY = b'{"username":"nobody","password":"wrong-password"}'
NEXT = b"GET /healthz HTTP/1.1\r\nHost: next\r\n\r\n"
FINE = (200,)
TAKEN = (200, 401, 422)
BAD = (400,)


def get(*lines, target=HEALTH, version=b"HTTP/1.1", method=b"GET", host=b"Host: a"):
    """A GET with exactly these header lines."""
    fields = [line for line in (host, *lines) if line is not None]
    return b"\r\n".join([method + b" " + target + b" " + version, *fields, b"", b""])


def post(*lines, body=b"", version=b"HTTP/1.1"):
    """A POST with exactly these header lines and these bytes behind them."""
    head = [b"POST " + LOGIN + b" " + version, b"Host: a", b"Content-Type: application/json"]
    return b"\r\n".join([*head, *lines, b"", b""]) + body


def chunked(stream, *lines):
    return post(b"Transfer-Encoding: chunked", *lines, body=stream)


def whole(data=BODY):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)


N = str(len(BODY)).encode()

CONTENT_LENGTH = [
    Vector(
        "cl twice the same", post(b"Content-Length: " + N, b"Content-Length: " + N, body=BODY), BAD
    ),
    Vector("cl twice", post(b"Content-Length: " + N, b"Content-Length: 5", body=BODY), BAD),
    Vector(
        "cl twice, other case", post(b"Content-Length: " + N, b"content-length: 0", body=BODY), BAD
    ),
    Vector("cl list", post(b"Content-Length: " + N + b", " + N, body=BODY), BAD),
    Vector("cl list of two", post(b"Content-Length: 5,6", body=BODY), BAD),
    Vector("cl comma", post(b"Content-Length: 5,", body=BODY), BAD),
    Vector("cl plus", post(b"Content-Length: +" + N, body=BODY), BAD),
    Vector("cl minus", post(b"Content-Length: -1", body=BODY), BAD),
    Vector("cl minus zero", post(b"Content-Length: -0", body=BODY), BAD),
    Vector("cl hex", post(b"Content-Length: 0x31", body=BODY), BAD),
    Vector("cl underscore", post(b"Content-Length: 4_9", body=BODY), BAD),
    Vector("cl space inside", post(b"Content-Length: 4 9", body=BODY), BAD),
    Vector("cl letter behind", post(b"Content-Length: 49x", body=BODY), BAD),
    Vector("cl space behind", post(b"Content-Length: " + N + b" ", body=BODY), TAKEN + BAD, ANY),
    Vector("cl quoted", post(b'Content-Length: "49"', body=BODY), BAD),
    Vector("cl float", post(b"Content-Length: 49.0", body=BODY), BAD),
    Vector("cl no-break space", post(b"Content-Length: \xa0" + N, body=BODY), BAD),
    Vector("cl empty", post(b"Content-Length: ", body=BODY), BAD),
    Vector("cl leading zero", post(b"Content-Length: 0" + N, body=BODY), BAD),
    Vector("cl zeros", post(b"Content-Length: 000", body=BODY), BAD),
    Vector("cl 2^63", post(b"Content-Length: 9223372036854775808", body=BODY), (413,)),
    Vector("cl 2^64", post(b"Content-Length: 18446744073709551616", body=BODY), (400, 413)),
    Vector("cl 2^64+49", post(b"Content-Length: 18446744073709551665", body=BODY), (400, 413)),
    Vector("cl too long", post(b"Content-Length: 99999999"), (413,)),
    Vector(
        "cl too long, expecting", post(b"Content-Length: 99999", b"Expect: 100-continue"), (413,)
    ),
    Vector("cl with underscore name", post(b"Content_Length: " + N, body=BODY), BAD),
    Vector("cl space before colon", post(b"Content-Length : " + N, body=BODY), BAD),
    Vector("cl tab before value", post(b"Content-Length:\t" + N, body=BODY), TAKEN, OPEN),
    Vector("cl right", post(b"Content-Length: " + N, body=BODY), TAKEN, OPEN),
]

TRANSFER_ENCODING = [
    Vector(f"te {value!r}", post(b"Transfer-Encoding: " + value, body=whole()), (400, 501))
    for value in (
        b"xchunked",
        b"chunkedx",
        b"chunked;p",
        b"chunked; q=1",
        b",chunked",
        b"chunked,",
        b"chunked, chunked",
        b"chunked, identity",
        b"identity",
        b"identity, chunked",
        b"gzip",
        b"gzip, chunked",
        b"deflate",
        b"\x0bchunked",
        b"\x0cchunked",
        b"chunked\x0b",
        b"chunked\x00",
        b"\x00chunked",
        b"chunked\x0c",
        b'"chunked"',
        b"",
        b"chunked chunked",
        b"chu nked",
        b"\xffchunked",
        b"chunked\x7f",
        b"ch\xc3\xbcnked",
        b"chunked\rX: y",
    )
] + [
    Vector("te and cl", chunked(whole(), b"Content-Length: " + N), BAD),
    Vector("te and cl zero", chunked(whole(), b"Content-Length: 0"), BAD),
    Vector(
        "cl and te",
        post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\nX"),
        BAD,
    ),
    Vector(
        "te on 1.0", post(b"Transfer-Encoding: chunked", body=whole(), version=b"HTTP/1.0"), BAD
    ),
    Vector(
        "te and cl on 1.0",
        post(
            b"Content-Length: 5", b"Transfer-Encoding: chunked", body=whole(), version=b"HTTP/1.0"
        ),
        BAD,
    ),
    Vector("te twice", chunked(whole(), b"Transfer-Encoding: chunked"), BAD),
    Vector("te twice, one other", chunked(whole(), b"Transfer-Encoding: gzip"), BAD),
    Vector(
        "te other first",
        post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked", body=whole()),
        BAD,
    ),
    Vector("te folded", post(b"Transfer-Encoding:", b" chunked", body=whole()), BAD),
    Vector("te folded behind", post(b"Transfer-Encoding: chunked", b" , x", body=whole()), BAD),
    Vector("te space before colon", post(b"Transfer-Encoding : chunked", body=whole()), BAD),
    Vector("te tab before colon", post(b"Transfer-Encoding\t: chunked", body=whole()), BAD),
    Vector("te underscore", post(b"Transfer_Encoding: chunked", body=whole()), BAD),
    Vector("te leading space in name", post(b" Transfer-Encoding: chunked", body=whole()), BAD),
    Vector("te space behind", post(b"Transfer-Encoding: chunked ", body=whole()), TAKEN + BAD, ANY),
    Vector("te any case", post(b"transfer-ENCODING: Chunked", body=whole()), TAKEN, OPEN),
]

CHUNKS = [
    Vector(f"chunk size {size!r}", chunked(size + b"\r\nab\r\n0\r\n\r\n"), (400, 413))
    for size in (
        b"0x2",
        b"+2",
        b"-2",
        b"2_",
        b" 2",
        b"",
        b"g",
        b"2 x",
        b"\x002",
        b"2\x00",
        b"\xb2",
        b"11111111111111111",
        b"ffffffffffffffff1",
        b"2,2",
        b"0X2",
        b"2h",
        b"\t2",
        b"'2'",
    )
] + [
    Vector("chunk data longer", chunked(b"1\r\nab\r\n0\r\n\r\n"), BAD),
    Vector("chunk data shorter", chunked(b"4\r\nab\r\n0\r\n\r\n"), BAD),
    Vector("chunk end missing", chunked(b"2\r\nab0\r\n\r\n"), BAD),
    Vector("chunk end cr alone", chunked(b"2\r\nab\r0\r\n\r\n"), BAD),
    Vector("chunk line cr alone", chunked(b"2\rab\r\n0\r\n\r\n"), BAD),
    Vector(
        "chunks one byte each",
        chunked(b"".join(b"1\r\n%c\r\n" % c for c in BODY) + b"0\r\n\r\n"),
        TAKEN,
        OPEN,
    ),
    Vector(
        "chunk size leading zeros",
        chunked(b"000%x\r\n%s\r\n000\r\n\r\n" % (len(BODY), BODY)),
        TAKEN,
        OPEN,
    ),
    Vector("chunk upper case", chunked(b"%X\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)), TAKEN, OPEN),
    *(
        Vector(f"chunk {name}", chunked(stream), BAD)
        for name, stream in {
            "line with a bare lf": whole().replace(b"\r\n", b"\n", 1),
            "end with a bare lf": whole().replace(b"}\r\n", b"}\n"),
            "last with a bare lf": whole().replace(b"\r\n0\r\n", b"\r\n0\n"),
            "trailer end with a bare lf": whole()[:-2] + b"\n",
            "extension": whole().replace(b"\r\n", b";x\r\n", 1),
            "extension with a value": whole().replace(b"\r\n", b';x="y"\r\n', 1),
            "extension of the last": whole().replace(b"\r\n0\r\n", b"\r\n0;x\r\n"),
            "extension that ends with a bare lf": whole().replace(b"\r\n", b";a\n", 1),
            "extension with a bare lf inside": whole().replace(b"\r\n", b";a\nb\r\n", 1),
            "extension with a control": whole().replace(b"\r\n", b";\x01\r\n", 1),
            "extension of 3 KB": whole().replace(b"\r\n", b";" + b"a" * 3000 + b"\r\n", 1),
            "size of 40 digits": b"0" * 40 + whole(),
        }.items()
    ),
    Vector("chunk extension behind a space", chunked(b"2 ;x\r\nab\r\n0\r\n\r\n"), BAD),
    Vector("trailer host", chunked(whole()[:-2] + b"Host: evil\r\n\r\n"), TAKEN + BAD, ANY),
    Vector(
        "trailer authorization",
        chunked(whole()[:-2] + b"Authorization: Bearer x\r\n\r\n"),
        TAKEN + BAD,
        ANY,
    ),
    Vector(
        "trailer content-length",
        chunked(whole()[:-2] + b"Content-Length: 99\r\n\r\n"),
        TAKEN + BAD,
        ANY,
    ),
    Vector(
        "trailer te",
        chunked(whole()[:-2] + b"Transfer-Encoding: chunked\r\n\r\n"),
        TAKEN + BAD,
        ANY,
    ),
    Vector("trailer without colon", chunked(whole()[:-2] + b"rubbish\r\n\r\n"), BAD),
    Vector(
        "chunked beyond the limit",
        chunked(b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n" + b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n"),
        (413,),
    ),
]

HEADERS = (
    [
        Vector("obs-fold space", get(b"X: a", b" b"), BAD),
        Vector("obs-fold tab", get(b"X: a", b"\tb"), BAD),
        Vector("obs-fold first", get(b"X: a", host=b" Host: a"), BAD),
        Vector("obs-fold of an empty line", get(b"X: a", b" "), BAD),
        Vector("bare cr in value", get(b"X: a\rb"), BAD),
        Vector("bare cr at end of value", get(b"X: a\r"), BAD),
        Vector("bare lf after request line", b"GET /healthz HTTP/1.1\nHost: a\r\n\r\n", BAD),
        Vector("bare lf after field", b"GET /healthz HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", BAD),
        Vector("bare lf at the end", b"GET /healthz HTTP/1.1\r\nHost: a\r\n\n", BAD),
        Vector("bare lf everywhere", b"GET /healthz HTTP/1.1\nHost: a\n\n", BAD),
        Vector("lf cr", b"GET /healthz HTTP/1.1\r\nHost: a\n\r\r\n\r\n", BAD),
        Vector("cr cr lf", b"GET /healthz HTTP/1.1\r\nHost: a\r\r\n\r\n", BAD),
        Vector("nul in value", get(b"X: a\x00b"), BAD),
        Vector("nul at end of value", get(b"X: a\x00"), BAD),
        Vector("nul alone as value", get(b"X: \x00"), BAD),
        Vector("nul in name", get(b"X\x00Y: a"), BAD),
        Vector("nul before colon", get(b"X\x00: a"), BAD),
        Vector("no colon", get(b"rubbish"), BAD),
        Vector("empty name", get(b": a"), BAD),
        Vector("space before colon", get(b"X : a"), BAD),
        Vector("tab before colon", get(b"X\t: a"), BAD),
        Vector("space in name", get(b"X Y: a"), BAD),
        Vector("100 more fields", get(*[b"X: a"] * 100), (431,)),
        Vector("head over 8 KiB", get(b"X: " + b"a" * 8192), (431,)),
        Vector("head over 64 KiB", get(b"X: " + b"a" * 65536), (431,)),
        Vector("obs-text in value", get(b"X: \xff\xfe"), FINE, OPEN),
        Vector("tab in value", get(b"X: a\tb"), FINE, OPEN),
        Vector("empty value", get(b"X:"), FINE, OPEN),
        Vector("no space after colon", get(b"X:a"), FINE, OPEN),
        Vector(
            "two authorizations", get(b"Authorization: Bearer a", b"Authorization: Bearer a"), BAD
        ),
        Vector("expect other", get(b"Expect: 200-ok"), (417,)),
        Vector(
            "upgrade is ignored",
            get(b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings", b"HTTP2-Settings: AAAA"),
            FINE,
            OPEN,
        ),
        Vector("method override is ignored", get(b"X-HTTP-Method-Override: DELETE"), FINE, OPEN),
        Vector("range is ignored", get(b"Range: bytes=0-0"), FINE, OPEN),
    ]
    + [
        Vector(f"control {code:#04x} in value", get(b"X: a%cb" % code), BAD)
        for code in (0x01, 0x07, 0x08, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F)
    ]
    + [
        Vector(
            f"control {code:#04x} after {length} bytes of a value",
            get(b"X: %s%c%s" % (b"a" * length, code, b"b" * 40)),
            BAD,
        )
        for code in (0x01, 0x0B, 0x1F, 0x7F)
        for length in (15, 16, 17, 31, 33, 100)
    ]
    + [Vector("tab in a long value", get(b"X: " + b"a\xffc\t " * 30 + b"a"), FINE, OPEN)]
    + [
        Vector(f"byte {code:#04x} in name", get(b"X%cY: a" % code), BAD)
        for code in (
            0x01,
            0x0B,
            0x1F,
            0x22,
            0x28,
            0x2C,
            0x2F,
            0x3B,
            0x40,
            0x5B,
            0x7B,
            0x7F,
            0x80,
            0xFF,
        )
    ]
)

HOST = (
    [
        Vector("no host", get(host=None), BAD),
        Vector("no host on 1.0", get(host=None, version=b"HTTP/1.0"), FINE, ANY),
        Vector("two hosts", get(b"Host: a"), BAD),
        Vector("two hosts, other", get(b"host: b"), BAD),
        Vector("absolute form", get(target=b"http://a/healthz"), FINE, OPEN),
        Vector("absolute form, other host", get(target=b"http://b/healthz"), BAD),
        Vector("absolute form, userinfo", get(target=b"http://x@a/healthz"), BAD),
    ]
    + [
        Vector(f"host {value!r}", get(host=b"Host: " + value), BAD)
        for value in (
            b"",
            b"a/b",
            b"a@b",
            b"a,b",
            b"a b",
            b"a?b",
            b"a#b",
            b"a\\b",
            b"a:b",
            b"a:80:90",
            b"a:123456",
            b"http://a",
            b"a\xc3\xa9",
            b"a\x00b",
            b"<a>",
            b"a;b",
            b"a%00",
        )
    ]
    + [
        Vector(f"host {value!r}", get(host=b"Host: " + value), FINE, OPEN)
        for value in (b"a:8000", b"127.0.0.1", b"[::1]:8000", b"example.org", b"A.B")
    ]
)

REQUEST_LINE = [
    Vector("two spaces before target", b"GET  /healthz HTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("two spaces before version", b"GET /healthz  HTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("space behind version", b"GET /healthz HTTP/1.1 \r\nHost: a\r\n\r\n", BAD),
    Vector("leading space", b" GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("tab between", b"GET\t/healthz\tHTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("tab before version", b"GET /healthz\tHTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("no version", b"GET /healthz\r\nHost: a\r\n\r\n", BAD),
    Vector("no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("method alone", b"GET\r\nHost: a\r\n\r\n", BAD),
    Vector("http/0.9", b"GET /healthz HTTP/0.9\r\nHost: a\r\n\r\n", (400, 505)),
    Vector("http/1.10", b"GET /healthz HTTP/1.10\r\nHost: a\r\n\r\n", (400, 505)),
    Vector("http/2.0", b"GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n", (505,)),
    Vector("http/3", b"GET /healthz HTTP/3\r\nHost: a\r\n\r\n", (400, 505)),
    Vector("http/1,1", b"GET /healthz HTTP/1,1\r\nHost: a\r\n\r\n", BAD),
    Vector("lower-case http", b"GET /healthz http/1.1\r\nHost: a\r\n\r\n", BAD),
    Vector("h2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
    Vector("tls hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", BAD),
    Vector("method over 32", get(method=b"A" * 33), BAD),
    Vector("method no token", get(method=b"G(T"), BAD),
    Vector("method with nul", get(method=b"G\x00T"), BAD),
    Vector("method unknown", get(method=b"BREW"), (501,), ANY),
    Vector("method of other RFCs", get(method=b"QUERY"), (501,), ANY),
    Vector("method lower case", get(method=b"get"), (501,), ANY),
    Vector("trace", get(method=b"TRACE"), (405,), ANY),
    Vector("connect", get(method=b"CONNECT", target=b"a:443"), (400, 405, 501), ANY),
    Vector("options *", get(method=b"OPTIONS", target=b"*"), (204,), OPEN),
    Vector("get *", get(target=b"*"), BAD, ANY),
    Vector("target over 8 KiB", get(target=b"/" + b"a" * 8192), (414,)),
    Vector("target over 64 KiB", get(target=b"/" + b"a" * 65536), (414,)),
    Vector(
        "empty lines before",
        b"\r\n\r\n" + get(),
        by_release(FINE, BAD),
        by_release(OPEN, CLOSED),
    ),
    Vector("non-ascii target", get(target=b"/h\xc3\xa9"), BAD),
    Vector("nul in target", get(target=b"/healthz\x00x"), BAD),
    Vector("control in target", get(target=b"/heal\x01thz"), BAD),
    Vector("fragment in target", get(target=b"/healthz#x"), BAD),
    Vector("space in target", get(target=b"/heal thz"), BAD),
    Vector("relative target", get(target=b"healthz"), BAD, ANY),
]

TARGETS = [
    Vector(f"target {target!r}", get(target=target), (400, 404), ANY)
    for target in (
        b"/%00",
        b"/healthz%00",
        b"/%0d%0aX:y",
        b"/%c0%af",
        b"/%zz",
        b"/%",
        b"/%4",
        b"/\\healthz",
        b"//healthz",
        b"/./healthz",
        b"/x/../healthz",
        b"/%2e/healthz",
        b"/x/%2e%2e/healthz",
        b"/healthz;x",
        b"/healthz%3bx",
        b"/%2fhealthz",
        b"/healthz%2f",
        b"/%5chealthz",
        b"/%2568ealthz",
        b"/healthz//",
        b"/%ff",
        b"/%ed%a0%80",
        b"/healthz%7f",
    )
] + [Vector("target escaped letter", get(target=b"/%68ealthz"), FINE, OPEN)]

BODIES = [
    Vector("get with a body", get(b"Content-Length: 5") + b"hello", FINE, OPEN),
    Vector("get with a request as body", get(b"Content-Length: %d" % len(NEXT)) + NEXT, FINE, OPEN),
    Vector("get with a chunked body", get(b"Transfer-Encoding: chunked") + whole(NEXT), FINE, OPEN),
    Vector("get that expects", get(b"Expect: 100-continue"), FINE, OPEN),
    Vector(
        "get that expects, with no length",
        get(b"Expect: 100-continue", b"Content-Length: 0"),
        FINE,
        OPEN,
    ),
    Vector("delete that expects", get(b"Expect: 100-continue", method=b"DELETE"), (405,), OPEN),
    Vector("head with a body", get(b"Content-Length: 5", method=b"HEAD") + b"hello", FINE, OPEN),
    Vector(
        "no such path with a body",
        get(b"Content-Length: 5", target=b"/x", method=b"POST") + b"hello",
        (404,),
        OPEN,
    ),
    Vector(
        "wrong method with a body",
        get(b"Content-Length: 5", method=b"PUT") + b"hello",
        (405,),
        OPEN,
    ),
]

VECTORS = [
    *CONTENT_LENGTH,
    *TRANSFER_ENCODING,
    *CHUNKS,
    *HEADERS,
    *HOST,
    *REQUEST_LINE,
    *TARGETS,
    *BODIES,
]
