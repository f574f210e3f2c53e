from . import exchange_connector
