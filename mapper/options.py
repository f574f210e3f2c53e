"""The settings out of options and environment variables."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence

from .settings import Settings, SettingsError, ews_address

#: Each option is also an environment variable: ``--ews-url`` is MAPPER_EWS_URL.
PREFIX = "MAPPER_"
#: Secrets: never an option, which everybody on the machine could read, but a variable
#: (MAPPER_SECRET) or a file that an option names (``--secret-file``).
SECRETS = ("secret", "service_password")
_YES = frozenset({"1", "true", "yes", "on"})
_OPTIONS = {
    "ews-url": "server name, or https://SERVER/EWS/Exchange.asmx",
    "listen": "ADDRESS:PORT to serve on (127.0.0.1:8069)",
    "auth": "how to sign in to Exchange: basic, ntlm or auto (auto)",
    "ca-file": "PEM file of the certificates to trust for Exchange",
    "proxy": "proxy through which Exchange is reached, http://PROXY:PORT",
    "allow-http": "serve plain http to other machines: 1 or 0 (0)",
    "public-url": "address that callers see when a proxy stands in front",
    "trusted-proxies": "addresses or networks of proxies whose X-Forwarded-Proto "
    "counts, separated by commas",
    "secret-file": "file with the secret that seals links (or MAPPER_SECRET); the same "
    "for all processes of one address",
    "service-login": "account with the role ApplicationImpersonation that opens all "
    "mailboxes; callers then prove who they are by one of the next two",
    "service-password-file": "file with its password (or MAPPER_SERVICE_PASSWORD)",
    "api-keys": "file with an API key for each user; python -m mapper new-key makes "
    "them",
    "user-header": "header in which a trusted proxy names the user it has checked",
    "upn-suffix": "domain that makes a principal name of DOMAIN\\user in that header",
    "timeout": "seconds to wait for Exchange (60)",
    "max-answer": "MB of the largest answer of Exchange that is read (64)",
    "max-body": "MB of the largest request that is read (8)",
    "threads": "requests at a time (8)",
    "stop-timeout": "seconds that requests get to end when it is stopped (25)",
    "log-level": "error, warning, info or debug (info)",
}


def parser() -> argparse.ArgumentParser:
    """The options of ``python -m mapper``."""
    made = argparse.ArgumentParser(
        prog="python -m mapper",
        allow_abbrev=False,
        description="Serves mail, calendar and contacts of an Exchange server the way "
        "Microsoft Graph does. Each option is also an environment variable, "
        "--ews-url is MAPPER_EWS_URL.",
        epilog="Further commands: python -m mapper new-key ADDRESS, "
        "python -m mapper discover ADDRESS.",
    )
    for name, text in _OPTIONS.items():
        more = {"nargs": "?", "const": "1"} if name == "allow-http" else {}
        made.add_argument(f"--{name}", help=text, **more)  # type: ignore[arg-type]
    return made


def read_settings(
    arguments: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> Settings:
    """The settings of options, else of the environment.

    :raises SettingsError: one of them is missing or cannot be used
    """
    environ = os.environ if environ is None else environ
    given = vars(parser().parse_args(list(arguments)))
    texts: dict[str, str] = {}
    for name in (*given, *SECRETS):
        value = given.get(name)
        found = value if value is not None else environ.get(PREFIX + name.upper(), "")
        if found.strip():
            texts[name] = found.strip()
    try:
        return _settings({**texts, **_secrets(texts)})
    except ValueError as error:
        if isinstance(error, SettingsError):
            raise
        raise SettingsError("A number among the settings is none.") from None


def _secrets(texts: Mapping[str, str]) -> dict[str, str]:
    """The secrets that are in files."""
    found = {}
    for name in SECRETS:
        path = texts.get(f"{name}_file")
        if not path:
            continue
        try:
            with open(path, encoding="utf-8") as file:
                found[name] = file.read().strip()
        except (OSError, UnicodeDecodeError):
            option = f"--{name.replace('_', '-')}-file"
            raise SettingsError(f"The file of {option} cannot be read.") from None
    return found


def _settings(texts: dict[str, str]) -> Settings:
    timeout = float(texts.get("timeout", "60"))
    proxies = texts.get("trusted_proxies", "").replace(",", " ").split()
    return Settings(
        ews_url=ews_address(texts.get("ews_url", "")),
        auth=texts.get("auth", "auto").lower(),
        ca_file=texts.get("ca_file", ""),
        proxy=texts.get("proxy", ""),
        allow_http=texts.get("allow_http", "0").lower() in _YES,
        public_url=texts.get("public_url", "").rstrip("/"),
        secret=texts.get("secret", ""),
        service_login=texts.get("service_login", ""),
        service_password=texts.get("service_password", ""),
        api_keys=texts.get("api_keys", ""),
        user_header=texts.get("user_header", ""),
        upn_suffix=texts.get("upn_suffix", "").lstrip("@"),
        trusted_proxies=tuple(proxies),
        timeout=timeout,
        total=max(120.0, 2 * timeout),
        max_answer=_megabytes(texts.get("max_answer", "64")),
        max_body=_megabytes(texts.get("max_body", "8")),
        listen=texts.get("listen", "127.0.0.1:8069"),
        threads=max(1, min(int(texts.get("threads", "8")), 200)),
        stop_timeout=float(texts.get("stop_timeout", "25")),
        log_level=texts.get("log_level", "info").lower(),
    )


def _megabytes(text: str) -> int:
    return max(1, min(int(text), 1024)) * 2**20
