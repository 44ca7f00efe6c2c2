"""
`python -m deploy.health URL [CA [CERT KEY]] [--token FILE]`: what a process says of its own health; exit status 0 when it is well.

An https page must be by the CA in that file; CERT and KEY behind it are shown where the page asks for a client's. Who does not send
the token of --metrics-token-file is told whether it is well, and no more.

For the health checks of containers, whose image has neither curl nor wget. It runs every few seconds in each of them:
standard library only, and little of that.
"""

import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

_WITHIN_S = 3.0
_MOST_BYTES = 4096
WELL, ILL, USAGE = 0, 1, 2


def main(arguments: list[str]) -> int:
    arguments, token_file = _without_token(arguments)
    scheme = urlsplit(arguments[0]).scheme if arguments else ""
    if (scheme, len(arguments)) not in {("http", 1), ("https", 2), ("https", 4)}:
        sys.stderr.write("usage: python -m deploy.health http[s]://HOST:PORT/readyz [CA [CERT KEY]] [--token FILE]\n")
        return USAGE
    is_well, told = ask(*arguments, token_file=token_file)
    sys.stdout.write(f"{told}\n")
    return WELL if is_well else ILL


def _without_token(arguments: list[str]) -> tuple[list[str], str]:
    """The other arguments, and the file after --token."""
    if "--token" not in arguments[:-1]:
        return arguments, ""
    at = arguments.index("--token")
    return arguments[:at] + arguments[at + 2 :], arguments[at + 1]


def ask(url: str, *files: str, token_file: str = "") -> tuple[bool, str]:
    """Whether it is well, and its own words."""
    try:
        token = Path(token_file).read_text(encoding="ascii").strip() if token_file else ""
        connection = _connection(url, *files)
        try:
            connection.request(
                "GET", urlsplit(url).path or "/", headers={"Authorization": f"Bearer {token}"} if token else {}
            )
            answer = connection.getresponse()
            return answer.status == 200, answer.read(_MOST_BYTES).decode(errors="replace").strip()  # noqa: PLR2004 - HTTP
        finally:
            connection.close()
    except (OSError, ValueError, HTTPException) as wrong:
        return False, f"{url} does not answer: {wrong}."


def _connection(url: str, ca: str = "", cert: str = "", key: str = "") -> HTTPConnection:
    where = urlsplit(url)
    if where.scheme == "http":
        return HTTPConnection(where.hostname or "", where.port, timeout=_WITHIN_S)
    context = ssl.create_default_context(cafile=ca)
    if cert:
        context.load_cert_chain(cert, key)
    return HTTPSConnection(where.hostname or "", where.port, timeout=_WITHIN_S, context=context)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
