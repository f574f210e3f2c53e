from . import test_mail_sync
