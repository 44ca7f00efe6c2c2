"""Mutants of durability: the program with one sync taken out. `kill -9` cannot tell them from the program; a power cut must."""

from dataclasses import dataclass

from tests.faults.mutants import Mutant, Patch

_JOURNAL, _ENGINE, _DISK = "charging_point/engine/durable_file.py", "central/store/engine.py", "common/disk.py"


@dataclass(frozen=True, slots=True)
class PowerMutant:
    """`history`: one of histories.py, in which the want of the sync shows."""

    mutant: Mutant
    history: str
    #: Whether the whole network shows it too; some matter for a moment so short that only a walk through all of them finds it.
    is_wide: bool = True

    @property
    def name(self) -> str:
        return self.mutant.name


def _mutant(name: str, sentence: str, path: str, old: str, new: str, history: str, is_wide: bool = True) -> PowerMutant:
    return PowerMutant(Mutant(name, sentence, [Patch(path, old, new)]), history, is_wide)


MUTANTS = (
    _mutant(
        "synchronous_off",
        "SQLite reports a commit that was never synced.",
        _ENGINE,
        '"synchronous=FULL"',
        '"synchronous=OFF"',
        "books",
    ),
    _mutant(
        "synchronous_normal",
        "SQLite syncs when it moves the log into the database, and not at each commit.",
        _ENGINE,
        '"synchronous=FULL"',
        '"synchronous=NORMAL"',
        "books",
    ),
    _mutant(
        "journal_not_synced",
        "An entry of the journal is written and not synced.",
        _JOURNAL,
        "            os.fsync(self._file)\n",
        "",
        "journal",
    ),
    _mutant(
        "rewritten_not_synced",
        "A rewritten journal takes the old one's name before it is on the disk.",
        _JOURNAL,
        "            os.fsync(written)\n",
        "",
        "journal",
        is_wide=False,
    ),
    _mutant(
        "rename_not_synced",
        "A rewritten journal is used while the folder still names the old one.",
        _JOURNAL,
        "            sync_folder(self.path.parent)\n",
        "",
        "journal",
    ),
    _mutant(
        "folder_not_synced",
        "The folder of the journal and of the database is made, and its own name is not on the disk.",
        _DISK,
        "    folder.mkdir(mode=mode, exist_ok=True)\n    sync_folder(folder.parent)\n",
        "    folder.mkdir(mode=mode, exist_ok=True)\n",
        "journal",
    ),
    _mutant(
        "export_not_named",
        "An export is told to be written while the folder does not have its name.",
        "central/admin/exports.py",
        "            sync_folder(target.parent)\n",
        "",
        "export",
        is_wide=False,
    ),
)
