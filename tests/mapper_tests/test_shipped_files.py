"""The files that administrators copy: the settings in them are settings."""

import configparser
import re
import shlex
from pathlib import Path

import pytest
from lxml import etree

from mapper.options import SECRETS, parser

MAPPER = Path(__file__).resolve().parents[2] / "mapper"
CONFIG = MAPPER / "iis" / "web.config"
UNIT = MAPPER / "systemd" / "exchange-mapper@.service"
KNOWN = {*vars(parser().parse_args([])), *SECRETS}


@pytest.mark.parametrize("path", [CONFIG, UNIT], ids=lambda path: path.name)
def test_each_variable_in_them_is_one(path):
    found = set(re.findall(r"MAPPER_([A-Z_]+)", path.read_text()))
    assert "EWS_URL" in found
    assert {name.lower() for name in found} <= KNOWN


def test_iis_starts_it_on_its_port_and_lets_long_links_through():
    root = etree.parse(str(CONFIG)).getroot()
    (platform,) = root.iter("httpPlatform")
    module, name, *options = shlex.split(platform.get("arguments"))
    assert (module, name) == ("-m", "mapper")
    port = options.pop().replace("%HTTP_PLATFORM_PORT%", "8123")
    assert parser().parse_args([*options, port]).listen == "127.0.0.1:8123"
    (limits,) = root.iter("requestLimits")
    assert int(limits.get("maxQueryString")) >= 65536
    names = {one.get("name") for one in root.iter("environmentVariable")}
    # what opens all mailboxes is off until somebody wants it
    assert not {name for name in names if re.search("SERVICE|HEADER|KEYS", name)}


#: What IIS knows of these elements; it refuses a whole site for any other attribute.
#: https://learn.microsoft.com/iis/extensions/httpplatformhandler/httpplatformhandler-configuration-reference
#: https://learn.microsoft.com/iis/configuration/system.webserver/security/requestfiltering
ATTRIBUTES = {
    "configuration": "",
    "system.webServer": "",
    "handlers": "",
    "clear": "",
    "add": "name path verb modules resourceType requireAccess",
    "httpPlatform": "processPath arguments startupTimeLimit startupRetryCount "
    "rapidFailsPerMinute requestTimeout stdoutLogEnabled stdoutLogFile "
    "processesPerApplication forwardWindowsAuthToken",
    "environmentVariables": "",
    "environmentVariable": "name value",
    "security": "",
    "requestFiltering": "allowDoubleEscaping allowHighBitCharacters removeServerHeader",
    "requestLimits": "maxAllowedContentLength maxUrl maxQueryString",
}


def test_iis_knows_all_that_it_is_told():
    root = etree.parse(str(CONFIG)).getroot()
    for element in root.iter(etree.Element):
        assert set(element.keys()) <= set(ATTRIBUTES[element.tag].split()), element.tag
    (platform,) = root.iter("httpPlatform")
    # whole minutes alone
    assert re.fullmatch(r"\d\d:\d\d:00", platform.get("requestTimeout"))
    (handler,) = root.iter("add")
    assert (handler.get("modules"), handler.get("path")) == ("httpPlatformHandler", "*")


def test_systemd_starts_it_and_waits_for_its_end():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(UNIT)
    service = unit["Service"]
    _python, module, name, *options = shlex.split(service["ExecStart"])
    assert (module, name) == ("-m", "mapper")
    found = parser().parse_args([part.replace("%i", "8123") for part in options])
    assert found.listen == "127.0.0.1:8123"
    assert int(service["TimeoutStopSec"]) > 25
