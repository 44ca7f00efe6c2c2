"""Ports of a run: never one that the kernel may give to somebody's outgoing connection meanwhile."""

from pathlib import Path

from tests.faults.harness.ports import own_port


def test_a_port_is_given_once_and_is_none_of_those_for_outgoing_connections() -> None:
    given = [own_port("127.0.0.1", "127.0.0.2") for _ in range(50)]
    first_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert len(set(given)) == len(given)
    assert max(given) < first_outgoing
