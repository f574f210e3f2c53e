from . import test_folders, test_mail_cost, test_mail_decisions, test_mail_histories, test_mail_plan, test_mail_sync, test_real_mails
from . import test_tours, test_views
from . import test_faults_kill, test_faults_workers
from . import test_sign_in
