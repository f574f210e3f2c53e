from . import test_mail_cost, test_mail_sync, test_real_mails
