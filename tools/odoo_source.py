"""Odoo 19 itself: the distribution's package, unpacked and not installed."""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path

from common import HOME, Failure, output_of, run, say, shown

UNPACKED = HOME / "odoo"
DOWNLOADS = HOME / "download"
PACKAGES = (
    "odoo-19",
    # Odoo's package links to files of these.
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
)
# The suites that may have the package, by distribution, with their components.
SUITES = {"debian": ("unstable", "main"), "ubuntu": ("devel", "main universe")}
KEYRINGS = {
    name: f"/usr/share/keyrings/{name}-archive-keyring" for name in ("debian", "ubuntu")
}
# The package leaves this file out, and the page that misses it reports an error.
LEFT_OUT = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"


def given_source() -> Path | None:
    """The Odoo that the reader wants used, if he names one."""
    given = os.environ.get("ODOO_SRC")
    return checked_source(Path(given).expanduser().resolve()) if given else None


def source_root() -> Path:
    """The folder that holds the package ``odoo``; downloaded when necessary."""
    if given := given_source():
        return given
    root = UNPACKED / "usr/lib/python3/dist-packages"
    if not UNPACKED.is_dir():
        download()
    return root


def checked_source(root: Path) -> Path:
    """An Odoo that exists already, if it is the right one."""
    release = root / "odoo" / "release.py"
    if not release.is_file():
        raise Failure(f"ODOO_SRC={root} is not an Odoo: there is no odoo/release.py.")
    if not re.search(r"version_info\s*=\s*\(\s*19\s*,", release.read_text()):
        raise Failure(f"ODOO_SRC={root} is not Odoo 19.")
    return root


def addons_paths(root: Path) -> list[Path]:
    """Where Odoo's own addons lie.

    The distribution's package has them all below ``odoo/addons`` and only torn
    copies in ``addons``; a checkout of Odoo has most of them in ``addons``.
    """
    paths = [root / "odoo" / "addons"]
    if not (paths[0] / "mail" / "__manifest__.py").is_file():
        paths.append(root / "addons")
    return paths


def download() -> None:
    """Fetch and unpack the packages; either all of it is there or nothing."""
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise Failure(
                f"This machine has no {tool} to fetch Odoo with: set"
                " ODOO_SRC=/path/to/odoo-19."
            )
    say("    downloading Odoo 19")
    shutil.rmtree(DOWNLOADS, ignore_errors=True)
    new = HOME / "odoo.new"
    shutil.rmtree(new, ignore_errors=True)
    try:
        archives = fetch()
        say("    unpacking")
        for archive in archives:
            run(["dpkg-deb", "-x", archive, new], f"{archive.name} cannot be unpacked")
        complete(new)
        new.rename(UNPACKED)
    finally:
        shutil.rmtree(DOWNLOADS, ignore_errors=True)
        shutil.rmtree(new, ignore_errors=True)


def complete(new: Path) -> None:
    """Put in what the package left out."""
    addons = new / "usr/lib/python3/dist-packages/odoo/addons"
    if not (addons / "mail").is_dir():
        raise Failure("The package odoo-19 does not hold Odoo's addons.")
    stand_in = addons / LEFT_OUT
    if not stand_in.exists():
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text("// Not part of the distribution's package.\n")


def fetch() -> list[Path]:
    """Download from the first configured mirror that has the packages."""
    system = distribution()
    if not system:
        raise Failure(
            "Odoo's package is fetched on Debian and Ubuntu only: set"
            " ODOO_SRC=/path/to/odoo-19."
        )
    for mirror in configured_mirrors():
        try:
            return fetch_from(mirror, system)
        except Failure:
            continue
    raise Failure(
        "Odoo 19 could not be downloaded: this machine's package mirror does not"
        f" answer or has no odoo-19 in its suite {SUITES[system][0]}; check the network"
        " or set ODOO_SRC=/path/to/odoo-19 (details: .odoo/log/setup.log)."
    )


def os_release() -> dict[str, str]:
    """What the system says of itself."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def distribution() -> str:
    """``debian`` or ``ubuntu``, also for their derivatives; empty: another system."""
    known = os_release()
    names = [known.get("ID", ""), *known.get("ID_LIKE", "").split()]
    return next((name for name in names if name in SUITES), "")


def configured_mirrors() -> list[str]:
    """Addresses of the distribution's archive in this machine's apt sources."""
    known = os_release()
    names = {known.get("VERSION_CODENAME"), known.get("UBUNTU_CODENAME")}
    names |= {"stable", "testing", "unstable", "sid", "devel"}
    listed = output_of(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(RELEASE) $(COMPONENT) $(REPO_URI)",
            "Created-By: Packages",
        ]
    )
    mirrors = {}
    for line in listed.splitlines():
        release, component, address = line.split(" ", 2)
        if release in names and component == "main":
            mirrors[address] = True
    return list(mirrors)


def fetch_from(mirror: str, system: str) -> list[Path]:
    """Download the packages from one mirror, with lists and cache of our own."""
    config = write_configuration(mirror, system)
    apt = ["apt-get", "-q", "-c", str(config)]
    run([*apt, "update"], "the mirror's lists could not be read")
    run(
        [*apt, "download", *PACKAGES],
        "the mirror does not have all the packages",
        cwd=DOWNLOADS,
    )
    archives = sorted(DOWNLOADS.glob("*.deb"))
    if len(archives) != len(PACKAGES):
        raise Failure(f"Not all packages arrived in {shown(DOWNLOADS)}.")
    return archives


def write_configuration(mirror: str, system: str) -> Path:
    """Settings that keep this download apart from the machine's own apt."""
    suite, components = SUITES[system]
    keyring = next(
        (
            key
            for end in (".gpg", ".pgp")
            if Path(key := KEYRINGS[system] + end).exists()
        ),
        None,
    )
    options = f"[signed-by={keyring}] " if keyring else ""
    for folder in ("lists/partial", "cache/archives/partial"):
        (DOWNLOADS / folder).mkdir(parents=True, exist_ok=True)
    sources = DOWNLOADS / "sources.list"
    sources.write_text(f"deb {options}{mirror} {suite} {components}\n")
    config = DOWNLOADS / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{sources}";\n'
        'Dir::Etc::sourceparts "-";\n'
        'Dir::Etc::preferencesparts "-";\n'
        f'Dir::State::lists "{DOWNLOADS / "lists"}";\n'
        f'Dir::Cache "{DOWNLOADS / "cache"}";\n'
        # A mirror that is some weeks behind still has a signed list.
        'Acquire::Check-Valid-Until "false";\n'
        'Acquire::Retries "3";\n'
        'Acquire::Languages "none";\n'
        'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";\n'
        'APT::Sandbox::User "root";\n'
    )
    return config
