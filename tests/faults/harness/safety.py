"""The links of a run with TLS: a CA of its own, and by which words its programs use it. Without TLS there are none."""

from pathlib import Path

from common.certificates import Authority
from common.net.tls import Tls, of_client
from common.settings import ShowsCertificate


class Safety:
    def __init__(self, folder: Path | None, host: str) -> None:
        """`folder`: where the certificates go; None: without TLS."""
        self._authority = None if folder is None else Authority(folder)
        self._host = host

    def of_central(self) -> list[str]:
        if self._authority is None:
            return []
        pair = self._authority.for_host(self._host).pair
        return ["--tls-cert", str(pair.cert), "--tls-key", str(pair.key)]

    def of_engine(self) -> list[str]:
        """Only Monitors have business there, and they have certificates."""
        if self._authority is None:
            return []
        return [*self.of_central(), "--tls-client-ca", str(self._authority.pair.cert)]

    def of_monitor(self, cp_id: str) -> list[str]:
        if self._authority is None:
            return []
        ca, own = str(self._authority.pair.cert), self._authority.for_point(cp_id).pair
        return ["--tls-ca", ca, "--engine-tls-ca", ca, "--tls-cert", str(own.cert), "--tls-key", str(own.key)]

    def of_driver(self) -> list[str]:
        return [] if self._authority is None else ["--tls-ca", str(self._authority.pair.cert)]

    def of_client(self) -> Tls | None:
        """For the harness's own drivers and operator."""
        return None if self._authority is None else of_client(ShowsCertificate(), self._authority.pair.cert)
