"""The project's commands: ``python3 tools COMMAND``; `make` calls them."""

import os
import sys

if sys.version_info < (3, 10):  # noqa: UP036 - the sentence is for those below
    sys.exit("exchange_connector: Python 3.10 or newer is needed.")

import commands
from common import Failure, fail

try:
    code = commands.main(sys.argv[1:])
except Failure as error:
    code = fail(error)
except KeyboardInterrupt:
    code = 130
except BrokenPipeError:  # somebody looked at the beginning only
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    code = 1
except OSError as error:  # a full or read-only disk, a folder of somebody else
    code = fail(Failure(f"{error.strerror or error}: {error.filename or 'no file'}."))
sys.exit(code)
