"""Exchange Web Services over the same store of mailboxes that Graph shows.

``endpoint.py`` is HTTP and sign-in, ``service.py`` SOAP and its header; each module
named in ``service.OPERATIONS`` registers operations. What an item shows and takes is
in the tables of ``fields_*.py``, in the order of the schema and with the version that
brought it.
Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference
"""
