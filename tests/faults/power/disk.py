"""
A disk, as far as a power cut is concerned: what it surely has, and what it may or may not have. Pure.

The rules are the hardest that POSIX allows: a file's content is sure once the file was synced, and a name (made, changed
or taken away) once its folder was. What was not synced may be there wholly, in parts or not at all, in any order: of each
block any version since the last sync, of the size any since then, of the changes to a folder any subset in their order.
A size that is there without its blocks reads as zeros. Within a block (a sector of a disk, or a page of the kernel's
cache) a write is there or not.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import PurePosixPath
from random import Random

from tests.faults.power.trace import Call, Handle, Step

SECTOR, PAGE = 512, 4096
#: What one may find: content by path relative to the root, None for a folder.
Tree = dict[str, bytes | None]
#: The index of SQLite's WAL is shared memory: it is made anew after every crash.
_OF_NO_CONCERN = "-shm"
_WRITES = os.O_WRONLY | os.O_RDWR
_AT_ONCE = os.O_DSYNC | os.O_SYNC


class Unseen(Exception):
    """The program did something that cannot be followed: nothing can be said of its disk."""


@dataclass(slots=True)
class Change:
    """A write, or with `data` None a new size."""

    number: int
    offset: int
    data: bytes | None


@dataclass(slots=True)
class Binding:
    """A change of a folder: what each of these names means from now on."""

    number: int
    names: dict[str, "Node | None"]


@dataclass(slots=True, eq=False)
class Node:
    """A file or a folder, whatever it is called."""

    is_folder: bool = False
    #: As the program sees it.
    now: bytearray = field(default_factory=bytearray)
    names: dict[str, "Node"] = field(default_factory=dict)
    #: As a disk surely has it, and what it may have beyond that.
    sure: bytearray = field(default_factory=bytearray)
    sure_names: dict[str, "Node"] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)

    def change(self, change: Change) -> None:
        _apply(self.now, change)
        self.changes.append(change)

    def bind(self, number: int, names: dict[str, "Node | None"]) -> None:
        _bind(self.names, names)
        self.bindings.append(Binding(number, names))

    def sync(self, before: int) -> None:
        """What was done before is sure."""
        for change in self.changes:
            if change.number < before:
                _apply(self.sure, change)
        self.changes = [change for change in self.changes if change.number >= before]
        for binding in self.bindings:
            if binding.number < before:
                _bind(self.sure_names, binding.names)
        self.bindings = [binding for binding in self.bindings if binding.number >= before]


class Disk:
    """Everything under `root`, from a tree that is sure and the steps since then."""

    def __init__(self, root: str, tree: Tree | None = None) -> None:
        self._root = PurePosixPath(root)
        self.top = Node(is_folder=True)
        self._open: dict[Handle, tuple[Node, int]] = {}
        self._under_way: dict[tuple[int, int], Step] = {}
        #: Counts the steps of all processes, as each of them counts only its own.
        self._clock = 0
        self._begun: dict[tuple[int, int], int] = {}
        #: By the number that the real file has.
        self.inodes: dict[int, Node] = {}
        #: Files that surely had a name once, and which.
        self.was_sure: dict[Node, str] = {}
        for path, content in sorted((tree or {}).items()):
            self._plant(path, content)

    def _plant(self, path: str, content: bytes | None) -> None:
        *folders, name = PurePosixPath(path).parts
        folder = self.top
        for part in folders:
            folder = folder.names[part]
        node = Node(is_folder=content is None, now=bytearray(content or b""), sure=bytearray(content or b""))
        folder.names[name] = folder.sure_names[name] = node

    # -- what the program does

    def take(self, step: Step) -> None:
        self._clock += 1
        key = step.pid, step.number
        match step.call:
            case Call.BLIND:
                raise Unseen(f"{step.other} of {step.path or 'a file'} cannot be followed")
            case Call.DONE:
                begun = self._under_way.pop(key, None)
                if begun is not None:
                    self._do(begun, self._begun.pop(key), step)
            case _:
                self._under_way[key] = step
                self._begun[key] = self._clock

    def cut(self, real: Tree | None = None) -> None:
        """
        No more steps: what was under way may have been done, as far as any disk can tell.

        Raises Unseen when `real`, what is there, is not what the steps add up to: somebody wrote past the shim.
        """
        before, named = self.tree(), {one for step in self._under_way.values() for one in (step.path, step.other)}
        self._finish()
        after = self.tree()
        for path in sorted(before.keys() | after.keys() | (real.keys() if real else set())):
            is_known = path.endswith(_OF_NO_CONCERN) or str(self._root / path) in named
            if real is not None and not is_known and real.get(path, 0) not in (before.get(path, 0), after.get(path, 0)):
                raise Unseen(f"{path} is not what the program was seen to make of it")

    def _finish(self) -> None:
        for key, step in self._under_way.items():
            if step.call in (Call.WRITE, Call.SIZE):
                self._do(step, self._begun[key], _as_asked(step))
        self._under_way.clear()
        self._begun.clear()

    def _do(self, step: Step, number: int, done: Step) -> None:
        if done.offset < 0:
            return
        match step.call:
            case Call.OPEN:
                self._opened(step, number, done)
            case Call.WRITE | Call.SIZE if (step.pid, step.handle) in self._open:
                node, flags = self._open[step.pid, step.handle]
                data = step.data[: done.offset] if step.call is Call.WRITE else None
                node.change(Change(number, step.offset, data))
                if flags & _AT_ONCE:
                    node.sync(number + 1)
            case Call.SYNC if (step.pid, step.handle) in self._open:
                self._sync(self._open[step.pid, step.handle][0], number)
            case Call.SYNC_ALL:
                for node in self._all(self.top):
                    self._sync(node, number)
            case _:
                self._name(step, number)

    def _name(self, step: Step, number: int) -> None:
        match step.call:
            case Call.MKDIR:
                folder, name = self._place(step.path)
                folder.bind(number, {name: Node(is_folder=True)})
            case Call.UNLINK | Call.RMDIR:
                folder, name = self._place(step.path)
                folder.bind(number, {name: None})
            case Call.LINK:
                node, (folder, name) = self._find(step.path), self._place(step.other)
                folder.bind(number, {name: node})
            case Call.RENAME:
                self._rename(step, number)

    def _opened(self, step: Step, number: int, done: Step) -> None:
        if PurePosixPath(step.path) == self._root:
            node = self.top
        else:
            folder, name = self._place(step.path)
            if name not in folder.names:
                if not step.flags & os.O_CREAT:
                    raise Unseen(f"nobody was seen to make {step.path}")
                folder.bind(number, {name: Node()})
            node = folder.names[name]
        if done.data:
            self.inodes[int.from_bytes(done.data, "little")] = node
        if step.flags & os.O_TRUNC and step.flags & _WRITES and node.now:
            node.change(Change(number, 0, None))
        self._open[step.pid, step.handle] = node, step.flags

    def _rename(self, step: Step, number: int) -> None:
        (old_folder, old), (folder, name) = self._place(step.path), self._place(step.other)
        node = old_folder.names[old]
        if folder is old_folder:
            folder.bind(number, {name: node, old: None})
        else:
            folder.bind(number, {name: node})
            old_folder.bind(number, {old: None})

    def _sync(self, node: Node, before: int) -> None:
        node.sync(before)
        self._note_sure(self.top, "")

    def _note_sure(self, folder: Node, path: str) -> None:
        for name, node in folder.sure_names.items():
            if node.is_folder:
                self._note_sure(node, f"{path}{name}/")
            else:
                self.was_sure[node] = f"{path}{name}"

    def _place(self, path: str) -> tuple[Node, str]:
        """The folder of a path, and the name in it."""
        *folders, name = PurePosixPath(path).relative_to(self._root).parts
        folder = self.top
        for part in folders:
            folder = folder.names[part]
        return folder, name

    def _find(self, path: str) -> Node:
        folder, name = self._place(path)
        return folder.names[name]

    def _all(self, node: Node) -> Iterator[Node]:
        yield node
        for one in node.names.values():
            yield from self._all(one)

    # -- what is there

    def tree(self) -> Tree:
        """As the program sees it."""
        return _tree(self.top, lambda node: node.names, lambda node: bytes(node.now))

    def sure(self) -> Tree:
        """As it is when nothing survives but what was synced."""
        return _tree(self.top, lambda node: node.sure_names, lambda node: bytes(node.sure))

    def draw(self, chance: Random) -> tuple[Tree, dict[str, Node]]:
        """One state that a cut may leave, and whose content is where."""
        survival = Survival(self, grain=chance.choice((SECTOR, PAGE)))
        return survival.tree(survival.drawn(chance)), survival.places

    def states(self, most: int, chance: Random) -> Iterator[Tree]:
        """States that a cut may leave: all of them where they are at most so many, else the corners and some between."""
        survival = Survival(self, grain=SECTOR)
        return (survival.tree(choice) for choice in survival.choices(most, chance))


class Survival:
    """The choices that a cut leaves open, as numbers: each from 0 (nothing of it) to its most (all of it)."""

    def __init__(self, disk: Disk, grain: int) -> None:
        self._grain = grain
        self._disk = disk
        #: Where each content went in the tree that was made last.
        self.places: dict[str, Node] = {}
        self._mosts: list[int] = []
        self._of_folder: dict[Node, list[int]] = {}
        self._of_size: dict[Node, int] = {}
        self._of_block: dict[Node, dict[int, int]] = {}
        seen: set[int] = set()
        self._look(disk.top, seen)

    def _look(self, node: Node, seen: set[int]) -> None:
        if id(node) in seen:
            return
        seen.add(id(node))
        if node.is_folder:
            self._of_folder[node] = [self._choice(1) for _ in node.bindings]
            bound = (one for binding in node.bindings for one in binding.names.values() if one is not None)
            for one in (*node.sure_names.values(), *bound):
                self._look(one, seen)
        elif node.changes:
            self._look_at_content(node)

    def _look_at_content(self, node: Node) -> None:
        touched: dict[int, int] = {}
        size, sizes = len(node.sure), 0
        for change in node.changes:
            for block in self._blocks(change, size):
                touched[block] = touched.get(block, 0) + 1
            after = change.offset if change.data is None else max(size, change.offset + len(change.data))
            sizes += after != size
            size = after
        self._of_size[node] = self._choice(sizes)
        self._of_block[node] = {block: self._choice(times) for block, times in sorted(touched.items())}

    def _blocks(self, change: Change, size: int) -> range:
        """What a change touches; a file that grows by a mere size has zeros there, touched or not."""
        if change.data is None:
            return range(change.offset // self._grain, max(0, -(-size // self._grain)))
        end = change.offset + len(change.data)
        return range(change.offset // self._grain, -(-end // self._grain))

    def _choice(self, most: int) -> int:
        self._mosts.append(most)
        return len(self._mosts) - 1

    # -- choosing

    def choices(self, most: int, chance: Random) -> Iterator[Sequence[int]]:
        count = 1
        for one in self._mosts:
            count *= one + 1
        if count <= most:
            yield from product(*(range(one + 1) for one in self._mosts))
            return
        yield from islice(self._corners(), most)
        for _ in range(most - 2 * len(self._mosts)):
            yield self.drawn(chance)

    def _corners(self) -> Iterator[Sequence[int]]:
        """Nothing, all, and each thing alone there or alone missing."""
        none, full = [0] * len(self._mosts), list(self._mosts)
        yield none
        yield full
        for at, most in enumerate(self._mosts):
            yield [*none[:at], most, *none[at + 1 :]]
            yield [*full[:at], 0, *full[at + 1 :]]

    def drawn(self, chance: Random) -> Sequence[int]:
        """How much survives is drawn first: a cut right after a write finds other things than one a while later."""
        share = chance.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        return [sum(chance.random() < share for _ in range(most)) for most in self._mosts]

    # -- what comes of it

    def tree(self, choice: Sequence[int]) -> Tree:
        self.places = {}
        return _tree(
            self._disk.top,
            lambda node: self._names(node, choice),
            lambda node: self._content(node, choice),
            self.places,
        )

    def _names(self, node: Node, choice: Sequence[int]) -> dict[str, Node]:
        names = dict(node.sure_names)
        for at, binding in zip(self._of_folder.get(node, ()), node.bindings, strict=False):
            if choice[at]:
                _bind(names, binding.names)
        return names

    def _content(self, node: Node, choice: Sequence[int]) -> bytes:
        if node not in self._of_size:
            return bytes(node.sure)
        grain, blocks = self._grain, self._of_block[node]
        view, kept, size = bytearray(node.sure), dict.fromkeys(blocks, 0), len(node.sure)
        found: dict[int, bytes] = {block: bytes(view[block * grain : (block + 1) * grain]) for block in blocks}
        sizes_left = choice[self._of_size[node]]
        for change in node.changes:
            before, touched = len(view), self._blocks(change, len(view))
            _apply(view, change)
            if len(view) != before and sizes_left:
                size, sizes_left = len(view), sizes_left - 1
            for block in touched:
                if kept[block] < choice[blocks[block]]:
                    kept[block] += 1
                    found[block] = bytes(view[block * grain : (block + 1) * grain])
        result = bytearray(node.sure[:size]).ljust(size, b"\0")
        for block, content in found.items():
            start, end = block * grain, min((block + 1) * grain, size)
            if start < end:
                result[start:end] = content[: end - start].ljust(end - start, b"\0")
        return bytes(result)


def _as_asked(step: Step) -> Step:
    result = len(step.data) if step.call is Call.WRITE else 0
    return Step(Call.DONE, step.pid, step.number, 0, 0, result, "", "", b"")


def _apply(content: bytearray, change: Change) -> None:
    if change.data is None:
        del content[change.offset :]
        content.extend(bytes(change.offset - len(content)))
        return
    content.extend(bytes(max(0, change.offset - len(content))))
    content[change.offset : change.offset + len(change.data)] = change.data


def _bind(names: dict[str, Node], changed: dict[str, "Node | None"]) -> None:
    for name, node in changed.items():
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _tree(
    top: Node,
    names: Callable[[Node], dict[str, Node]],
    content: Callable[[Node], bytes],
    places: dict[str, Node] | None = None,
) -> Tree:
    found: Tree = {}

    def walk(folder: Node, path: str) -> None:
        for name, node in names(folder).items():
            here = f"{path}{name}"
            if node.is_folder:
                found[here] = None
                walk(node, f"{here}/")
            else:
                found[here] = content(node)
                if places is not None:
                    places[here] = node

    walk(top, "")
    return found
