"""
`python -m deploy.health URL`: what a process says of its own health; exit status 0 when it is well.

For the health checks of containers, whose image has neither curl nor wget. It runs every few seconds in each of them:
standard library only, and little of that.
"""

import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_WITHIN_S = 3.0
_MOST_BYTES = 4096
WELL, ILL, USAGE = 0, 1, 2


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or urlsplit(arguments[0]).scheme != "http":
        sys.stderr.write("usage: python -m deploy.health http://HOST:PORT/readyz\n")
        return USAGE
    is_well, told = ask(arguments[0])
    sys.stdout.write(f"{told}\n")
    return WELL if is_well else ILL


def ask(url: str) -> tuple[bool, str]:
    """Whether it is well, and its own words."""
    where = urlsplit(url)
    try:
        connection = HTTPConnection(where.hostname or "", where.port, timeout=_WITHIN_S)
        try:
            connection.request("GET", where.path or "/")
            answer = connection.getresponse()
            return answer.status == 200, answer.read(_MOST_BYTES).decode(errors="replace").strip()  # noqa: PLR2004 - HTTP
        finally:
            connection.close()
    except (OSError, ValueError, HTTPException) as wrong:
        return False, f"{url} does not answer: {wrong}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
