"""Files of attachments that were written in part, by a process that died or on a disk
that was full.

Odoo names a file after its content, and takes one that is there for written: content
that meets a broken file of its own name is refused for ever.
"""

import contextlib
import logging
import os
import time
from hashlib import sha1

_logger = logging.getLogger(__name__)

# Seconds in which a file may still be being written.
STILL_WRITING = 60


def mend_files(env, contents):
    """Remove what is broken of the files that these contents are to be stored in.

    :param contents: list of bytes
    """
    attachments = env["ir.attachment"]
    if attachments._storage() == "db":
        return
    for content in contents:
        if content:
            name = sha1(content).hexdigest()
            _mend(attachments._full_path(f"{name[:2]}/{name}"), content)


def _mend(path, content):
    try:
        found = os.stat(path)
    except OSError:
        return
    old = time.time() - found.st_mtime > STILL_WRITING
    if found.st_size < len(content) and old and _begins(path, content):
        _logger.warning("Exchange: %s was written in part, it is made anew", path)
        with contextlib.suppress(OSError):
            os.unlink(path)


def _begins(path, content):
    """Whether the file is the beginning of the content, and nothing else."""
    try:
        with open(path, "rb") as file:
            return content.startswith(file.read())
    except OSError:
        return False
