"""Apache Kafka's own broker from Maven Central, kept beside the project so that it is fetched once."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from common.words import deploy as words
from common.words import system

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).resolve().parents[2] / ".kafka"
OLDEST_JAVA = 17
_ADVICE = {
    "Could not transfer": words.MAVEN_UNREACHABLE,
    "Unknown host": words.MAVEN_UNREACHABLE,
    "Could not resolve": words.MAVEN_LACKS_IT,
}


class Stop(Exception):
    """Ends the program with a sentence and exit status 1."""


def jars() -> Path:
    """Where the broker is once it was fetched; another pom.xml means another place."""
    return CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]


def is_fetched() -> bool:
    return jars().is_dir()


def fetch() -> Path:
    """The folder with the broker's jars; raises Stop."""
    place = jars()
    if place.is_dir():
        return place
    maven = shutil.which("mvn")
    if maven is None:
        raise Stop(words.NO_MAVEN())
    find_java()
    try:
        CACHE.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE))
    except OSError as wrong:
        raise Stop(words.CANNOT_WRITE(path=CACHE, why=system.why(str(wrong.strerror)))) from None
    try:
        _copy(maven, fresh)
        fresh.chmod(0o755)
        # Whole or not at all; somebody else may have been quicker.
        if not place.is_dir():
            fresh.rename(place)
    except OSError as wrong:
        if not place.is_dir():
            raise Stop(words.CANNOT_WRITE(path=place, why=system.why(str(wrong.strerror)))) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return place


def _copy(maven: str, into: Path) -> None:
    command = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={into}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")] or [done.stderr.strip()]
        why = next((advice for sign, advice in _ADVICE.items() if sign in done.stdout), words.MAVEN_FAILED)
        raise Stop(words.NOT_FETCHED(why=why, said=said[0].removeprefix("[ERROR]").strip()[:300]))


def find_java() -> str:
    """A Java that is new enough; raises Stop."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    if java is None:
        raise Stop(words.NO_JAVA_IN(home=home, oldest=OLDEST_JAVA) if home else words.NO_JAVA(oldest=OLDEST_JAVA))
    told = subprocess.run([java, "-version"], capture_output=True, text=True, errors="replace", check=False).stderr
    found = re.search(r'version "(\d+)', told)
    if found is None or int(found[1]) < OLDEST_JAVA:
        version = told.splitlines()[0] if told else words.NO_VERSION()
        raise Stop(words.OLD_JAVA(oldest=OLDEST_JAVA, java=java, version=version))
    return java
