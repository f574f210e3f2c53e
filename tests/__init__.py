from . import test_errors
from . import test_faults_kill
from . import test_faults_network
from . import test_faults_workers
from . import test_folders
from . import test_mail_cost
from . import test_mail_decisions
from . import test_mail_histories
from . import test_mail_plan
from . import test_mail_sync
from . import test_real_mails, test_schedule
from . import test_sign_in
from . import test_tours
from . import test_views
from . import test_sign_in_password
from . import test_sign_in_lost
from . import test_sign_in_processes
from . import test_secrets
