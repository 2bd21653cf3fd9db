"""Requests that two readers might read differently: whatever is sent, no second request comes out
of it, the connection ends cleanly or says 400, and the daemon goes on. What a plain gate refuses
is in tests/integration/test_http.py; here are pairs, splits and other protocols."""

import pytest

from lib.wait import gather
from lib.web import status_of

HOST = "Host: a\r\n"
JSON = "Content-Type: application/json\r\n"
POST = f"POST /api/chats HTTP/1.1\r\n{HOST}{JSON}"
SMUGGLED = "GET /healthz HTTP/1.1\r\nHost: smuggled\r\nConnection: close\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"

# What follows in each is a request inside what some reader takes for a body, or behind the end.
PAIRS = {
    "CL.TE": f"{POST}Content-Length: {len(SMUGGLED) + 5}\r\n{CHUNKED}\r\n0\r\n\r\n{SMUGGLED}",
    "TE.CL": f"{POST}{CHUNKED}Content-Length: 4\r\n\r\n{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n0\r\n\r\n",
    "TE.TE, one unknown": f"{POST}{CHUNKED}Transfer-Encoding: x\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "TE with a list": f"{POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "TE with a tab": f"{POST}Transfer-Encoding:\tchunked\r\nContent-Length: 3\r\n\r\n"
                     f"0\r\n\r\n{SMUGGLED}",
    "TE with a vertical tab": f"{POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "TE with white space before the colon": f"{POST}Transfer-Encoding : chunked\r\n"
                                            f"Content-Length: 5\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "TE in quotes": f"{POST}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "TE with a parameter": f"{POST}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "TE folded": f"{POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n"
                 f"0\r\n\r\n{SMUGGLED}",
    "TE of HTTP/1.0": f"POST /api/chats HTTP/1.0\r\n{HOST}{JSON}{CHUNKED}Content-Length: 2\r\n\r\n"
                      f"{{}}{SMUGGLED}",
    "header folded": f"GET /healthz HTTP/1.1\r\n{HOST}X: a\r\n b\r\n\r\n{SMUGGLED}",
    "host folded": f"GET /healthz HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n{SMUGGLED}",
    "white space before the first header": f"GET /healthz HTTP/1.1\r\n {HOST}\r\n{SMUGGLED}",
    "length, two in one": f"{POST}Content-Length: 2, 2\r\n\r\n{{}}{SMUGGLED}",
    "length in hex": f"{POST}Content-Length: 0x2\r\n\r\n{{}}{SMUGGLED}",
    "length empty": f"{POST}Content-Length: \r\n\r\n{SMUGGLED}",
    "length with underscore": f"{POST}Content_Length: 2\r\nContent-Length: 0_2\r\n\r\n{{}}{SMUGGLED}",
    "length of 2^64 + 2": f"{POST}Content-Length: 18446744073709551618\r\n\r\n{{}}{SMUGGLED}",
    "chunk size with plus": f"{POST}{CHUNKED}\r\n+2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size negative": f"{POST}{CHUNKED}\r\n-2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size with 0x": f"{POST}{CHUNKED}\r\n0x2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size of 2^64 + 2": f"{POST}{CHUNKED}\r\n10000000000000002\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size with an underscore": f"{POST}{CHUNKED}\r\n0_2\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size of letters": f"{POST}{CHUNKED}\r\nzz\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size with white space": f"{POST}{CHUNKED}\r\n2 \r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk size empty": f"{POST}{CHUNKED}\r\n\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "chunk longer than its size": f"{POST}{CHUNKED}\r\n1\r\n{{}}\r\n0\r\n\r\n{SMUGGLED}",
    "nul in a header's value": f"GET /healthz HTTP/1.1\r\n{HOST}X: a\0b\r\n\r\n{SMUGGLED}",
    "nul in a header's name": f"GET /healthz HTTP/1.1\r\n{HOST}X\0Y: a\r\n\r\n{SMUGGLED}",
    "nul in the host": f"GET /healthz HTTP/1.1\r\nHost: a\0b\r\n\r\n{SMUGGLED}",
    "header without a colon": f"GET /healthz HTTP/1.1\r\n{HOST}nothing\r\n\r\n{SMUGGLED}",
    "header without a name": f"GET /healthz HTTP/1.1\r\n{HOST}: x\r\n\r\n{SMUGGLED}",
    "version 2.0": f"GET /healthz HTTP/2.0\r\n{HOST}\r\n{SMUGGLED}",
    "version 1.10": f"GET /healthz HTTP/1.10\r\n{HOST}\r\n{SMUGGLED}",
    "version of letters": f"GET /healthz HTTP/x.y\r\n{HOST}\r\n{SMUGGLED}",
    "version of another protocol": f"GET /healthz ICY/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "version before the target": f"GET HTTP/1.1 /healthz\r\n{HOST}\r\n{SMUGGLED}",
    "two spaces before the version": f"GET /healthz  HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "tab before the version": f"GET /healthz\tHTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "control character in the target": f"GET /he\x01althz HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "nul in the target": f"GET /healthz\0 HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "line feed in the target": f"GET /healthz%0aX:y HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "backslashes and dots": f"GET /api\\..\\healthz HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "authority as target": f"GET a:80 HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "asterisk as target": f"GET * HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "fragment in the target": f"GET /healthz#/api HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "host of two names": f"GET /healthz HTTP/1.1\r\nHost: a, b\r\n\r\n{SMUGGLED}",
    "host with a path": f"GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n{SMUGGLED}",
    "host with a user": f"GET /healthz HTTP/1.1\r\nHost: a@b\r\n\r\n{SMUGGLED}",
    "bare line feeds": f"GET /healthz HTTP/1.1\nHost: a\n\n{SMUGGLED}",
    "one bare line feed": f"GET /healthz HTTP/1.1\r\n{HOST}X: a\nY: b\r\n\r\n{SMUGGLED}",
    "bare line feed at the end": f"GET /healthz HTTP/1.1\r\n{HOST}\n{SMUGGLED}",
    "one bare carriage return": f"GET /healthz HTTP/1.1\r\n{HOST}X: a\rY: b\r\n\r\n{SMUGGLED}",
    "bare carriage return at the end": f"GET /healthz HTTP/1.1\r\n{HOST}\r\r\n{SMUGGLED}",
    "TE folded, last": f"{POST}Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
                       f"0\r\n\r\n{SMUGGLED}",
    "TE folded, alone": f"{POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "asterisk for options": f"OPTIONS * HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "connect": f"CONNECT a:443 HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "5000 headers": f"GET /healthz HTTP/1.1\r\n{HOST}" + "A: b\r\n" * 5000 + f"\r\n{SMUGGLED}",
    "header of 1 MiB": f"GET /healthz HTTP/1.1\r\n{HOST}X: {'x' * (1 << 20)}\r\n\r\n{SMUGGLED}",
    "target of 1 MiB": f"GET /{'x' * (1 << 20)} HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "chunks over the limit": f"{POST}{CHUNKED}\r\n" + f"1000\r\n{' ' * 4096}\r\n" * 17
                             + f"0\r\n\r\n{SMUGGLED}",
    "chunks of one byte over the limit": f"{POST}{CHUNKED}\r\n" + "1\r\n \r\n" * 65537
                                         + f"0\r\n\r\n{SMUGGLED}",
    "method with a control character": f"G\x01T /healthz HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
    "method of 20000 letters": f"{'G' * 20000} /healthz HTTP/1.1\r\n{HOST}\r\n{SMUGGLED}",
}


# A body whose end somebody else may see elsewhere: it is taken, and the connection ends behind it.
CHUNKS = {
    "bare line feeds": "2\n{}\n0\n\n",
    "extension": "2;a=b\r\n{}\r\n0\r\n\r\n",
    "long extension": f"2;{'a' * 10000}\r\n{{}}\r\n0\r\n\r\n",
    "leading zeros": f"{'0' * 30}2\r\n{{}}\r\n0\r\n\r\n",
    "trailer": "2\r\n{}\r\n0\r\nX: y\r\n\r\n",
    "length as trailer": "2\r\n{}\r\n0\r\nContent-Length: 100\r\n\r\n",
    "coding as trailer": "2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "plain": "2\r\n{}\r\n0\r\n\r\n",
}

# Other protocols, and nothing at all.
STRANGERS = {
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/1.0 without a host": b"GET /healthz HTTP/1.0\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) * 2,
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a proxy's prologue": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "the binary prologue": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12)
                           + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "XMPP": b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='a'>\r\n\r\n",
    "SMTP": b"EHLO a\r\nMAIL FROM:<a@b>\r\n\r\n",
    "RTSP": b"OPTIONS rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "nul bytes": bytes(10000) + b"\r\n\r\n",
    "letters without an end": b"x" * 100000,
}

def check_one_answer(answer, closed, least=0):
    assert closed, "the connection stays open"
    assert b"HTTP/1.1 200" not in answer and b"HTTP/1.1 201" not in answer, answer[-400:]
    assert least <= answer.count(b"HTTP/1.1 ") <= 1, answer[:600]
    assert status_of(answer) in (0, 400, 404, 413, 414, 431, 501, 505), answer[:300]


async def lives(site):
    assert (await site.web.get("/healthz")).status == 200


async def all_of(site, requests, check):
    async def one(name):
        return name, await site.web.raw(requests[name])

    wrong = []
    for name, (answer, closed) in await gather(*map(one, requests)):
        try:
            check(answer, closed)
        except AssertionError as e:
            wrong.append(f"{name}: {e}")
    assert not wrong, "\n".join(wrong)
    await lives(site)


async def test_no_second_request_comes_out_of_an_ambiguous_one(site):
    await all_of(site, {n: t.encode("latin-1") for n, t in PAIRS.items()}, check_one_answer)


async def test_nothing_behind_a_chunked_body_is_a_request(site):
    def check(answer, closed):
        assert closed and answer.count(b"HTTP/1.1 ") == 1, answer
        assert status_of(answer) == 201, answer

    await all_of(site, {n: f"{POST}{CHUNKED}\r\n{body}{SMUGGLED}".encode()
                        for n, body in CHUNKS.items()}, check)


async def test_other_protocols_are_sent_away(site):
    await all_of(site, STRANGERS, check_one_answer)


async def test_odd_but_legal_requests_are_served(site):
    plain = f"GET /healthz HTTP/1.1\r\n{HOST}"
    legal = {
        "empty values": f"{plain}X:\r\nY: \r\n\r\n",
        "white space around values": f"{plain}X:  \t a \t \r\nY:b\r\nZ: \t\r\n\r\n",
        "upper and lower case": "GET /healthz HTTP/1.1\r\nhOST: a\r\n\r\n",
        "long cookie": f"{plain}Cookie: a={'x' * 6000}; b=c\r\nX: y\r\n\r\n",
        "many headers": f"{plain}" + "".join(f"X-{n}: {n}\r\n" for n in range(80)) + "\r\n",
        "bytes above 127": f"{plain}X: \xc3\xa4\xff\r\n\r\n",
        "query": f"GET /healthz?a=b&c=%20d&e HTTP/1.1\r\n{HOST}\r\n",
        "host with a port": "GET /healthz HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "empty lines before": f"\r\n\r\n{plain}\r\n",
        "body of GET": f"{plain}Content-Length: 2\r\n\r\nxx",
        "HTTP/1.0": f"GET /healthz HTTP/1.0\r\n{HOST}\r\n",
        "upgrade that is not taken": f"{plain}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "in pieces": f"{plain}X: y\r\n\r\n",
    }

    def check(answer, closed):
        assert closed and answer.count(b"HTTP/1.1 200") == 2, answer

    last = f"{plain}Connection: close\r\n\r\n"
    requests = {n: (t + last).encode("latin-1") for n, t in legal.items()}
    requests["HTTP/1.0"] = (legal["upper and lower case"] + legal["HTTP/1.0"]).encode()
    await all_of(site, requests, check)


async def test_requests_in_any_pieces_are_served(site, rng):
    """However the bytes come, the places of the headers are judged alike."""
    data = (f"POST /api/chats?x=y HTTP/1.1\r\n{HOST}{JSON}Cookie: {'a=b; ' * 40}\r\nX:\r\n"
            "Content-Length: 2\r\nConnection: close\r\n\r\n{}").encode()
    for _ in range(10):
        reader, writer = await site.web.connect()
        at = 0
        while at < len(data):
            size = rng.choice((1, 7, 100, 1000))
            writer.write(data[at:at + size])
            await writer.drain()
            at += size
        answer = await reader.read()
        writer.close()
        assert status_of(answer) == 201, answer


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "PROPFIND", "get", "GET\x7f"])
async def test_other_methods_are_405_or_400(site, method):
    answer, closed = await site.web.raw(f"{method} /healthz HTTP/1.1\r\n{HOST}X-Secret: s\r\n"
                                        "Connection: close\r\n\r\n".encode())
    assert closed and status_of(answer) in (400, 405) and b"X-Secret" not in answer
