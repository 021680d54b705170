"""Apache Kafka for scenarios: its jars from Maven Central, each hash checked, on Debian's Java. No node has it."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from testbed import paths
from testbed.archive import Config, Entry
from testbed.errors import TestbedError, UsageError
from testbed.image import PATH, Image, base, libraries, resolve
from testbed.programs import checksums, sha256
from testbed.shell import run

# The jars as sha256sum prints them. After a change of version: copy what Maven fetches, and write the list anew.
JARS = paths.FILES.parent / "kafka_jars.txt"
VERSION = "4.1.0"
IMAGE = f"docker.io/apache/kafka:{VERSION}"
LOGGING_VERSION = "1.7.36"
JAVA_PACKAGE = "openjdk-17-jre-headless"
JAVA = "/usr/lib/jvm/java-17-openjdk-amd64"
# What Java loads besides; Debian's other dependencies of the package are for fonts, sound and smart cards.
JAVA_LIBRARIES = ("bin/java", "lib/libjava.so", "lib/libnio.so", "lib/libzip.so", "lib/server/libjvm.so")
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>testbed</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>{LOGGING_VERSION}</version></dependency>
  </dependencies>
</project>
"""
FETCH = """
mount --rbind /dev "$0/dev"
exec chroot "$0" sh -ec 'cd /tmp; apt-get -qq update; apt-get -qq -o APT::Sandbox::User=root download "$0"
  dpkg-deb --extract *.deb java' "$1"
"""


def image(tree: Path) -> Image:
    """One broker: its command is the scenario's, as with upstream's image, which has the same folder of jars."""

    def entries() -> list[Entry]:
        home = java(tree)
        shutil.copytree(home, tree, symlinks=True, dirs_exist_ok=True)
        needed = libraries([f"{JAVA}/{name}" for name in JAVA_LIBRARIES], tree)
        return [
            *base(tree),
            *(Entry(path, source=resolve(tree, path)) for path in sorted(needed) if not path.startswith(JAVA)),
            *(entry for folder in (JAVA, "/etc/java-17-openjdk") for entry in _files(home, folder)),
            *(Entry(f"/opt/kafka/libs/{path.name}", source=path, mode=0o644) for path in sorted(jars().iterdir())),
            Entry("/data", uid=1000),
        ]

    path = {"PATH": f"{JAVA}/bin:{PATH['PATH']}"}
    return Image(IMAGE, Config(command=["java", "-version"], user="1000:1000", workdir="/data", env=path), entries)


def java(tree: Path) -> Path:
    """Debian's Java, unpacked and cached; a root filesystem of Debian fetches it, which apt there checks."""
    target = paths.cache() / "java" / JAVA_PACKAGE
    if not target.is_dir():
        shutil.copyfile("/etc/resolv.conf", tree / "etc/resolv.conf")
        run(["unshare", "-m", "--propagation", "private", "sh", "-ec", FETCH, tree, JAVA_PACKAGE])
        target.parent.mkdir(parents=True, exist_ok=True)
        (tree / "tmp/java").rename(target)
    return target


def jars() -> Path:
    """Kafka's jars: what Maven fetches must be what is listed, to the byte."""
    target = paths.cache() / "jars" / hashlib.sha256(JARS.read_bytes()).hexdigest()[:12]
    if not target.is_dir():
        if shutil.which("mvn") is None:
            raise UsageError("no `mvn` on PATH; install Maven (Debian's package maven): Kafka's jars come by it")
        with paths.scratch("jars") as folder:
            (folder / "pom.xml").write_text(POM, encoding="utf-8")
            goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
            run(["mvn", "-q", "-B", "-f", folder / "pom.xml", goal, f"-DoutputDirectory={folder / 'libs'}"])
            check(folder / "libs", checksums(JARS.read_text(encoding="utf-8")))
            target.parent.mkdir(parents=True, exist_ok=True)
            (folder / "libs").rename(target)
    return target


def check(folder: Path, wanted: dict[str, str]) -> None:
    """Refuse a folder in which a file is missing, is not listed or differs."""
    found = {path.name: sha256(path) for path in folder.iterdir()}
    if wrong := sorted(name for name, _hash in set(found.items()) ^ set(wanted.items())):
        raise TestbedError(f"Maven's jars are not those of {JARS.name}: {', '.join(dict.fromkeys(wrong))}; not used")


def _files(root: Path, folder: str) -> list[Entry]:
    """All files of a folder, with its links; documents stay out, as do links into them."""
    found = []
    for parent, folders, names in os.walk(root / folder.lstrip("/")):
        folders[:] = [name for name in folders if name not in ("legal", "man")]
        for path in (Path(parent) / name for name in names):
            at = f"/{path.relative_to(root)}"
            if path.is_symlink():
                found.append(Entry(at, link=os.readlink(path)))
            else:
                found.append(Entry(at, source=path, mode=path.stat().st_mode & 0o777))
    return found
