"""One machine of the network: a disk, the programs that are on it, and what becomes of both when the power goes."""

import asyncio
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from random import Random

from tests.faults.harness.journals import Archive
from tests.faults.power.crashes import read_tree, write_tree
from tests.faults.power.disk import Disk, Node, Tree
from tests.faults.power.shim import environment
from tests.faults.power.trace import steps

_COUNT = struct.Struct("<q")


class Machine:
    """`programs`: those that stop with it. The first of them is the one that has files."""

    def __init__(self, name: str, folder: Path, programs: list[str], cp_id: str | None = None) -> None:
        self.name = name
        self.programs = programs
        self.cp_id = cp_id
        self._root = folder / "disk"
        self._root.mkdir(parents=True)
        #: Programs make it themselves: it may be gone with the power, if they do not see to it.
        self.box = self._root / "box"
        self._left = folder / "left"
        self._left.write_bytes(_COUNT.pack(0))
        self._folder = folder
        self._boots = 0
        self.env: dict[str, str] = {}
        self.boot()

    def boot(self) -> None:
        """From here on the disk is what is there now, and what is done to it is written down anew."""
        self._boots += 1
        self._sure = read_tree(self._root)
        self._trace = self._folder / f"{self._boots:03}.trace"
        self.env.update(environment(self._root, self._trace, self._left))

    def arm(self, calls: int) -> None:
        """The program kills itself at its so many-th call from now on its files; 0 means never."""
        with self._left.open("r+b") as file:  # shared with the program, so it must stay the same file
            file.write(_COUNT.pack(calls))

    @property
    def has_fired(self) -> bool:
        return self._left.read_bytes() == _COUNT.pack(0)

    async def lose_power(self, chance: Random, archive: Archive) -> int:
        """All its programs are dead: leave what a disk may have of their files. How many files lost something."""
        self.arm(0)
        disk, tree, places = await asyncio.to_thread(self._survive, chance)
        seen = disk.tree()
        lost = sum(seen.get(path, 0) != tree.get(path, 0) for path in seen.keys() | tree.keys() if path[-4:] != "-shm")
        for path in self._root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_tree(tree, self._root)
        if self.cp_id is not None:
            _correct(archive, self.cp_id, disk, places)
        # What is sure to be there is sure from now on, and needs no trace that tells of it.
        self._trace.unlink(missing_ok=True)
        self.boot()
        return lost

    def _survive(self, chance: Random) -> tuple[Disk, Tree, Mapping[str, Node]]:
        disk = Disk(str(self._root), self._sure)
        for step in steps(self._trace.read_bytes() if self._trace.exists() else b""):
            disk.take(step)
        disk.cut(read_tree(self._root))
        tree, places = disk.draw(chance)
        for path, content in tree.items():
            if path.endswith("-shm") and content is not None:
                tree[path] = chance.randbytes(32768)  # shared memory that some kernel wrote out some time
        return disk, tree, places


def _correct(archive: Archive, cp_id: str, disk: Disk, places: Mapping[str, Node]) -> None:
    """The archive has journals as the program saw them: take from it what no disk ever had for sure."""
    survivors = {node for path, node in places.items() if path.endswith(".journal")}
    old = archive.files(cp_id)
    archive.look()  # what survived, as a new file; while the old ones are still there, none has its number
    for path in old:
        node = disk.inodes.get(path.stat().st_ino)
        if node is None:
            continue  # of an earlier boot, and corrected then
        was_sure = disk.was_sure.get(node, "").endswith(".journal")
        kept = bytes(node.sure) if was_sure and node not in survivors else b""
        beside = path.with_name(f"{path.name}.part")
        beside.write_bytes(kept)
        beside.replace(path)
